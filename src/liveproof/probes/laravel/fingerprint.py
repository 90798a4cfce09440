"""The signature of all that a Laravel app's caches are derived from, and of the caches themselves."""

import hashlib
from collections.abc import Iterable

from liveproof import __version__
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.probes.laravel.place import Place

_FORM = 1  # raised when what is remembered changes its form


def sources_signature(reader: Reader, app: App, place: Place, also: Iterable[object]) -> str:
    """Changes whenever ``.env``, the framework, PHP or whom it runs as changes, or something in ``also``.

    ``also`` holds the signature of the app's own tree and the environment of its pool.
    """
    version = app.pools[0].partition("/")[0] if app.pools else ""
    paths = (
        f"{app.real}/.env",
        f"{place.framework}/Foundation/Application.php",
        place.framework,
        reader.resolve(place.php) if place.php else "",
        f"/etc/php/{version}/cli/php.ini",
        f"/etc/php/{version}/cli/conf.d",
    )
    parts = [__version__, _FORM, *also, app.path, app.real, app.uid, app.gid, app.groups]
    return _digest([*parts, *(_state(reader, path) for path in paths if path)])


def caches_signature(reader: Reader, place: Place) -> str:
    """Changes whenever one of the live caches does."""
    return _digest([_state(reader, path) for path in place.caches.values()])


def _state(reader: Reader, path: str) -> object:
    try:
        seen = reader.stat(path)
    except OSError as error:
        return path, error.errno
    if seen is None:
        return path
    return path, seen.mode, seen.uid, seen.gid, seen.size, seen.mtime_ns, seen.ctime_ns, seen.inode, seen.device


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256(repr(list(parts)).encode(errors="surrogateescape")).hexdigest()
