"""The ``.user.ini`` of the document root: what it sets of what is judged, and when PHP could last have read another."""

from _blake2 import blake2b  # what hashlib.blake2b is, without loading OpenSSL
from typing import NamedTuple

from liveproof.analysis.files import permissions
from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.store.cache import Cache

_ON = ("1", "on", "yes", "true")
_LIMIT = 65536
# What it may set and the rules look at; it is not in force for the probe, which lies elsewhere.
_PER_DIRECTORY = ("opcache.enable", "opcache.validate_timestamps", "opcache.revalidate_freq")


@dataclass(frozen=True, slots=True)
class UserIni:
    """``settings`` are the directives that are judged; ``changed`` is when what PHP reads there last changed.

    Epoch seconds; 0 where there is none, and no earlier run saw one.
    """

    settings: dict[str, str]
    changed: float


class _Seen(NamedTuple):
    """What an earlier run found: a digest, empty where there was no file, and when it had come to be so."""

    digest: str
    changed: float


NONE = UserIni({}, 0.0)


def user_ini(reader: Reader, cache: Cache, app: App, name: str, link_moved: float) -> UserIni:
    """What PHP reads for the app's front controller.

    A file that was touched, given to another owner or came with another release, and holds what an earlier run saw,
    has not changed; one that the app's user cannot read is none. ``link_moved`` is the newest change of a link on the
    app's path (epoch seconds).
    """
    if not name or not app.root:
        return NONE
    path = f"{app.root}/{name}"
    content, status = _read(reader, app, path)
    digest = blake2b(content, digest_size=16).hexdigest() if status else ""
    entry = cache.entry("user-ini", path)
    before = entry.recall("seen", _Seen)
    if before and before.digest == digest:
        return UserIni(_settings(content), before.changed)
    changed = max(status.ctime_ns / 1e9, link_moved) if status else _removed(reader, app.root) if before else 0.0
    if digest or before:
        entry.keep("seen", _Seen(digest, changed), _Seen)
    return UserIni(_settings(content), changed)


def _read(reader: Reader, app: App, path: str) -> tuple[bytes, Stat | None]:
    """Its content and status; no status where PHP takes nothing from it."""
    try:
        status = reader.stat(path)
        if status is None or not status.is_file:
            return b"", None
        if not permissions.permits(status.mode, status.uid, status.gid, app, permissions.READ):
            return b"", None
        return reader.read(path, _LIMIT), status
    except (OSError, CannotSee):
        return b"", None


def _removed(reader: Reader, directory: str) -> float:
    """No later than this a file that is gone was taken away."""
    try:
        status = reader.stat(directory)
    except OSError:
        status = None
    return max(status.mtime_ns, status.ctime_ns) / 1e9 if status else reader.now()


def _settings(content: bytes) -> dict[str, str]:
    found = {}
    for line in content.decode(errors="replace").splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() in _PER_DIRECTORY:
            plain = value.partition(";")[0].strip().strip("\"'").lower()
            found[key.strip()] = plain if plain.isdigit() else "1" if plain in _ON else "0"
    return found
