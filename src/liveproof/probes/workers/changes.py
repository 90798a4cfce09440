"""What a PHP process of the app loads and that changed since a moment: code, environment files, Laravel's caches.

Not counted: tests and migrations, which no worker loads; views, which Laravel compares with their sources each time;
what the app reads as data.
"""

import posixpath
from collections.abc import Iterator

from liveproof.host.files.reader import Stat
from liveproof.host.files.walk import Layout, walk
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.workers import ChangeKind, CodeChange

# s; more than the coarsest clock of file times (see analysis/process_age) may be wrong by.
COARSE = 2.0
_SECTIONS = ("code", "vendor", "cache", "env")
_CODE = (".php", ".phtml", ".inc")
_SETTINGS = (".yaml", ".yml", ".xml", ".neon", ".ini", ".json")
_NOT_LOADED = ("tests/", "database/", "resources/views/", "resources/js/", "resources/css/", "resources/sass/")
_LIBRARIES = "/usr/share/php"  # where Debian's packages of PHP libraries lie
_PACKAGES = "/var/lib/dpkg/status"  # written whenever a package is installed, upgraded or removed
_LINKS = 50  # places outside of the app; with more, nothing is claimed
_PATIENCE = 3.0  # s for what lies outside of the app


def changes(reader: Reader, app: App, files: Files, since: float) -> Iterator[CodeChange]:
    """What changed at ``since`` (epoch seconds) or later, in no order."""
    fresh = {times.section for times in files.times if times.newest_ctime / 1e9 >= since}
    for entries in files.classes:
        if entries.section in fresh and entries.section in _SECTIONS and entries.kind in "fdl":
            for path in entries.paths():
                kind = _kind(path, entries.section, entries.kind)
                if kind and kind != "environment":
                    yield from _changed(reader, files.real(path), kind, since)
    for entries in files.classes:
        if entries.section in ("code", "env") and entries.kind in "fl":
            for path in entries.paths():
                if _kind(path, entries.section, entries.kind) == "environment":  # .env is often a link to shared/.env
                    yield from _changed(reader, files.real(path), "environment", since)
    yield from _outside(reader, app, files, since)


def configured(reader: Reader, app: App) -> float:
    """When the configuration cache was put in its place (epoch seconds); 0 where there is none."""
    status = _stat(reader, f"{app.real}/bootstrap/cache/config.php") if app.laravel else None
    return status.ctime_ns / 1e9 if status else 0.0


def unwalked(files: Files) -> Iterator[str]:
    """Why some of what it loads was not looked at."""
    unseen = files.unseen(*_SECTIONS)
    if unseen:
        yield unseen.reason
    left = sorted(path for path in files.ignored() if not path.startswith(("storage/", "public/", *_NOT_LOADED)))
    left = [path for path in left if path not in ("storage", "public")]
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        yield f"{left[0]}{more} is ignored by the configuration"


def _kind(path: str, section: str, kind: str) -> ChangeKind | None:
    name = posixpath.basename(path)
    if section == "cache":
        return "cache" if name.endswith(_CODE) else None
    if section == "env" or (name.startswith(".env") and "/" not in path):
        return "environment" if kind != "d" and not name.endswith((".example", ".dist")) else None
    if path.startswith(".") or f"{path}/".startswith(_NOT_LOADED):
        return None
    if kind == "d":  # resources/ holds views and what browsers get, beside translations
        return None if path == "resources" else "place"
    if kind == "l" or (name.endswith(_CODE) and not name.endswith(".blade.php")):
        return "code"
    settings = path.startswith(("config/", "lang/", "resources/lang/", "app/", "src/"))
    return "code" if settings and name.endswith(_SETTINGS) else None


def _changed(reader: Reader, path: str, kind: ChangeKind, since: float) -> Iterator[CodeChange]:
    status = _stat(reader, path)
    if status and status.is_link and kind == "environment":
        target = reader.resolve(path)
        behind = _stat(reader, target)
        if behind and behind.ctime_ns > status.ctime_ns:
            path, status = target, behind
    if status and status.ctime_ns / 1e9 >= since:
        yield CodeChange(path, status.ctime_ns / 1e9, status.mtime_ns / 1e9, kind)


def _outside(reader: Reader, app: App, files: Files, since: float) -> Iterator[CodeChange]:
    """Code outside of the app that it loads over links (Composer's path repositories), and Debian's PHP libraries."""
    libraries = {_LIBRARIES} if _packages_changed(reader, since) else set()
    places = sorted({*libraries, *_linked(reader, app, files)})
    if len(places) > _LINKS:
        yield CodeChange(app.real, reader.now(), 0.0, "place")
    for place in places[:_LINKS]:
        status = _stat(reader, place)
        if status is not None and status.is_directory:
            yield from _tree(reader, place, since)
        elif status is not None:
            yield from _changed(reader, place, "code", since)


def _packages_changed(reader: Reader, since: float) -> bool:
    """Whether the packages' libraries may be others since then, so that their thousands of files must be looked at."""
    times = (_stat(reader, _PACKAGES), _stat(reader, _LIBRARIES))
    return any(status is None or status.ctime_ns / 1e9 >= since for status in times)


def _linked(reader: Reader, app: App, files: Files) -> Iterator[str]:
    followed = {link for link, _ in files.followed}
    for link, _ in files.links:
        if not link.startswith(("storage", "public", ".")) and link not in followed:
            target = reader.resolve(f"{app.real}/{link}")
            if target != app.real and not target.startswith(f"{app.real}/"):
                yield target


def _tree(reader: Reader, place: str, since: float) -> Iterator[CodeChange]:
    try:
        walked = walk(place, Layout(), _PATIENCE)
    except OSError:  # not to be walked to its end
        yield CodeChange(place, reader.now(), 0.0, "place")
        return
    for _, _, ctime, path, _, _ in walked.times.values():
        if ctime / 1e9 >= since:
            yield CodeChange(posixpath.normpath(f"{place}/{path}"), ctime / 1e9, 0.0, "place")


def _stat(reader: Reader, path: str) -> Stat | None:
    try:
        return reader.stat(path, follow=False)
    except OSError:
        return None
