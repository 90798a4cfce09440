"""PHP that the release does not have where it may be run: below the document root, and among its own code.

What Composer installs outside of vendor (composer.json: installer-paths) or scaffolds there (Drupal's index.php) is no
stranger, and neither is what the repository ignores among its code: settings of this host, caches, an IDE's helpers.
Below a document root of its own, which holds nothing else than what visitors may ask for, an ignored script is reported
apart, unless the release's own .gitignore names that very file.
"""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files

_RUN = (".php", ".phtml", ".phar", ".php5", ".php7", ".php8")
_WALKED = ("code", "public")
# Where the app or Composer writes PHP.
_WRITTEN = ("bootstrap/cache/", "node_modules/", "storage/", "vendor/", ".git/")
_UPLOADS = "storage/app/public/"
# Settings of one host, which repositories ignore on purpose though they lie below the document root.
_SETTINGS = ("wp-config.php", "settings.php", "settings.local.php", "configuration.php", "LocalSettings.php")


@dataclass(frozen=True, slots=True)
class Known:
    """What a release has: its files, the directories that it leaves to others (submodules), and what it ignores."""

    files: frozenset[str]
    foreign: tuple[str, ...]
    ignored: Callable[[list[str]], dict[str, tuple[str, str]]] | None


def untracked(reader: Reader, app: App, files: Files, known: Known) -> tuple[list[str], list[tuple[str, str]]]:
    """Paths below the app: those that nothing accounts for, and those below a document root that are ignored.

    With the latter comes what ignores them.

    Raises:
        GitFailed: what is ignored cannot be told.
    """
    served = _served(app)
    directories = {path.partition("/")[0] for path in known.files if "/" in path and path.endswith(_RUN)}
    skipped = tuple(f"{path}/" for path in (*known.foreign, *(link for link, _ in files.followed)))
    found = [
        path
        for path in _scripts(files, _WALKED)
        if path not in known.files
        and not path.startswith(_WRITTEN)
        and not path.startswith(skipped)
        and (path.startswith(served) or path.partition("/")[0] in directories)
    ]
    if found:
        directories_of, scaffolded = _installed(reader, app)
        found = [path for path in found if not path.startswith(directories_of) and path not in scaffolded]
    ignored = known.ignored(found) if found and known.ignored else {}
    apart = [
        (path, _named(source))
        for path, (source, pattern) in ignored.items()
        if served and path.startswith(served) and not _expected(path, source, pattern, known.files)
    ]
    return [path for path in found if path not in ignored], apart


def _expected(path: str, source: str, pattern: str, release: frozenset[str]) -> bool:
    """Whether a file is one host's settings, or the release's own .gitignore names this very file."""
    name = os.path.basename(path)
    exact = pattern.rpartition("/")[2] == name and not any(character in pattern for character in "*?[\\")
    return name in _SETTINGS or (exact and source in release)


def _named(source: str) -> str:
    """An ignore file in words; the repository's configuration may name any path."""
    return source if source.endswith((".gitignore", ".git/info/exclude")) else "the repository's configuration"


def uploads(app: App, files: Files, known: frozenset[str]) -> list[str]:
    """Scripts among what visitors uploaded, where a link below the document root leads there (artisan storage:link)."""
    served = _served(app)
    linked = any(path.startswith(served) and to.rstrip("/").endswith(_UPLOADS[:-1]) for path, to in files.links)
    if not linked:
        return []
    return [path for path in _scripts(files, ("storage",)) if path.startswith(_UPLOADS) and path not in known]


def _served(app: App) -> str:
    """The beginning of the paths that nginx serves, empty where that is the whole app."""
    root = app.root.removeprefix(app.path).strip("/") if app.root else "public"
    return f"{root}/" if root else ""


def _scripts(files: Files, sections: tuple[str, ...]) -> Iterator[str]:
    """Every PHP file, or link of such a name, of these sections of the walk."""
    for kind in files.classes:
        if kind.section in sections and kind.kind in "fl":
            for directory, names in kind.groups:
                if ".ph" in names:
                    at = "" if directory == "." else f"{directory}/"
                    yield from (at + name for name in names.split("/") if name.endswith(_RUN))


def _installed(reader: Reader, app: App) -> tuple[tuple[str, ...], frozenset[str]]:
    """Where Composer installed packages, and which files they scaffolded, as vendor/composer/installed.json has it."""
    home = f"{app.real}/vendor/composer"
    try:
        message = json.loads(reader.read(f"{home}/installed.json"))
        packages = message["packages"] if isinstance(message, dict) else message
        places = [os.path.normpath(f"{home}/{one['install-path']}") for one in packages if one.get("install-path")]
        below = (f"{place[len(app.real) + 1 :]}/" for place in places if place.startswith(f"{app.real}/"))
        # A package is no document root: whatever says so would hide all that lies there.
        directories = tuple(path for path in below if not _served(app).startswith(path))
        return directories, frozenset(_scaffolded(reader, app, packages))
    except (OSError, CannotSee, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return (), frozenset()


def _scaffolded(reader: Reader, app: App, packages: list[Any]) -> Iterator[str]:
    """Files that drupal/core-composer-scaffold copies below the document root, and the loader that it makes there."""
    mapped = [files for one in packages if (files := _scaffold(one).get("file-mapping"))]
    if not mapped:
        return
    own = _scaffold(json.loads(reader.read(f"{app.real}/composer.json")))
    root = os.path.normpath(own.get("locations", {}).get("web-root", "."))
    for path in {"[web-root]/autoload.php", *(path for files in mapped for path in files)}:
        if path.startswith("[web-root]/"):
            yield os.path.normpath(f"{root}/{path[11:]}")


def _scaffold(package: dict[str, Any]) -> dict[str, Any]:
    extra = package.get("extra") or {}
    return extra.get("drupal-scaffold") or {}
