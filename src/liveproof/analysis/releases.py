"""Which directories are releases of an app, beside the one that is served. Pure."""

import posixpath
import re

from liveproof.model.facts.apps import App

# A number, a date or a commit, also several (v1.2, 20240101-1200): releases of one app differ in these.
_VARIES = re.compile(r"[0-9a-f]{7,64}(?![0-9A-Za-z])|\d+")
_PARTS = re.compile(r"#(?:[._-]?#)+")
_NUMBERS = re.compile(r"(\d{1,30})")
_NUMBERED = re.compile(r"(?:release[._-]?|v)?\d{1,20}(?:[._-]\d{1,20}){0,5}", re.IGNORECASE | re.ASCII)


def release_of(app: App, directory: str) -> str:
    """The app, or the directory beside it, that a directory (links resolved) lies in; empty when it lies in none.

    Only an app that is served through a link has others beside it.
    """
    if directory == app.real or directory.startswith(f"{app.real}/"):
        return app.real
    releases = posixpath.dirname(app.real)
    if app.path != app.real and directory.startswith(f"{releases}/"):
        return f"{releases}/{directory[len(releases) + 1 :].partition('/')[0]}"
    return ""


def named_as_release(app: App, release: str) -> bool:
    """Whether a directory beside the app's is one of its releases by its name: another app may lie there too."""
    if "release" in posixpath.basename(posixpath.dirname(app.real)).lower():
        return True
    here, there = (_PARTS.sub("#", _VARIES.sub("#", posixpath.basename(path))) for path in (app.real, release))
    return here == there and "#" in here


def order(release: str) -> tuple[tuple[int, str], ...]:
    """Sorts the names of releases by their numbers: 9 before 10, v1.9 before v1.10, 20240101 before 20240102."""
    name = posixpath.basename(release)
    return tuple((int(part), "") if part.isascii() and part.isdigit() else (0, part) for part in _NUMBERS.split(name))


def numbered(release: str) -> bool:
    """Whether the name of a release tells its age: a number, or a date and time."""
    return bool(_NUMBERED.fullmatch(posixpath.basename(release)))
