"""What a service's configuration files held when it loaded them, so that a mere touch is told from an edit.

A file that was changed last before the service loaded its configuration is loaded as it is: its digest is kept. What is
kept holds for this one load: for as long as something lives that no reload leaves alive (a witness). Files are read
once after each load, and those that were changed since; otherwise they are only looked at.
"""

import os
import time
from _blake2 import blake2b  # what hashlib.blake2b is, without loading OpenSSL, which takes a check 6 ms
from collections.abc import Callable, Iterable, Mapping

from liveproof.host.deadline import TimeIsUp
from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import settled
from liveproof.host.files.reader import FileReader
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import DIRECTORIES, Service
from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.model.loaded import Difference, Loaded
from liveproof.store.cache import Cache, Entry

_REALTIME_COARSE = 5  # linux/time.h
# The kernel stamps files with a clock that lags behind by up to one of its ticks: 10 ms at HZ=100, 4 ms at HZ=250. Not
# less than 4 ms, since systemd notes the beginning of a command only after it has started it.
TICK = max(time.clock_getres(_REALTIME_COARSE), 0.004)
_LIMIT = 4 * 1024 * 1024
_SAME = 0.05  # s; a process's start is told in ticks of the kernel
_MOST_LINKS = 40
_LOOKS, _AGAIN, _RECENT = 4, 0.25, 5.0  # how often, after how many s, for changes of the last so many s
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a configuration, by the process ``pid`` that started at ``start``.

    ``since``: no earlier than this (epoch seconds), as ``by`` tells. ``witnesses`` are processes (pid and start), or
    moments of what the load itself made (0 and the moment), that another load would have ended.
    """

    pid: int
    start: float
    since: float
    by: str
    witnesses: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What belongs to the configuration: its files, each with how long before ``since`` it may have been read (s).

    ``directories`` are those whose names decide which files are included.
    """

    files: tuple[tuple[str, float], ...]
    directories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """The digest of what was loaded, and the state of the file whose content that is; both empty: not known."""

    digest: str
    state: str


_NOTHING = _File("", "")


@dataclass(frozen=True, slots=True)
class _Kept:
    start: float
    since: float
    by: str
    witnesses: tuple[tuple[int, float], ...]
    files: dict[str, _File]
    listings: tuple[Difference, ...]


def compared(reader: FileReader, entry: Entry, load: Load, wanted: Wanted) -> Loaded:
    """The files as they are now beside what was loaded; keeps what that proves in ``entry``."""
    before = entry.recall(load.pid, _Kept)
    if before is not None and not _same_load(before, load):
        before = None
    since, by = load.since, load.by
    if before is not None and before.since > since:
        since, by = before.since, before.by
    looks = _Looks(reader)
    known = before.files if before else None
    files: dict[str, _File] = {}
    differing: list[Difference] = []
    unsure: list[Difference] = []
    for path, margin in wanted.files:
        files[path], difference, certain = _compared(looks, path, since - margin, known)
        if difference:
            (differing if certain else unsure).append(difference)
        if certain and difference and difference.way == "added":
            del files[path]
    listed = dict(wanted.files)
    for path, kept in (known or {}).items():
        if path not in listed:
            files[path] = kept
            (differing if kept.digest else unsure).append(Difference(path, "removed", 0.0))
    listings = before.listings if before else tuple(_listings(looks, wanted, since))
    now = _Kept(load.start, since, by, load.witnesses, files, listings)
    if now != before:
        entry.keep(load.pid, now)
    return Loaded(since, by, tuple(differing), (*unsure, *listings))


def _compared(
    looks: "_Looks", path: str, since: float, known: Mapping[str, _File] | None
) -> tuple[_File, Difference | None, bool]:
    """One file: what is known of it from now on, how it differs from what was loaded, and whether that is certain."""
    kept = known.get(path) if known is not None else None
    state, ctime = looks.at(path)
    if known is not None and not kept:
        return _NOTHING, Difference(path, "added", ctime), True
    if kept and kept.digest:
        digest = kept.digest if kept.state == state else looks.digest(path, state)
        if digest == kept.digest:
            # One that was changed just now may be changed once more without another time.
            return _File(digest, state) if looks.settled(ctime) else kept, None, True
        return kept, Difference(path, "changed", ctime), bool(digest)
    if 0 < ctime <= since - TICK:
        return _File(looks.digest(path, state), state), None, True
    return _NOTHING, Difference(path, "changed", ctime), False


def of_unit(reader: Reader, cache: Cache, service: Service, process: Process) -> Loaded:
    """The settings that systemd gave a running main process when it started it, beside its unit's files now.

    A reload of the service gives a process nothing of them: only another start does.
    """
    start = reader.exact_start(process.start)
    load = Load(process.pid, process.start, start, "the start of its main process", ((process.pid, process.start),))
    wanted = Wanted(tuple((path, 0.0) for path in _unit_files(reader, service)), ())
    return compared(reader, cache.entry("unit-loaded", service.name), load, wanted)


def _unit_files(reader: Reader, service: Service) -> tuple[str, ...]:
    """The files that systemd has read for a unit, and those that it will read at its next reload.

    A drop-in in a directory that was not there before is no reason for systemd to say NeedDaemonReload (252, measured).
    """
    patterns = (f"{directory}/{service.name}{what}" for directory in DIRECTORIES for what in ("", ".d/*.conf"))
    found = [path for pattern in patterns for path in reader.glob(pattern)]
    own = {reader.resolve(path): path for path in reversed((*service.files, *found))}
    return tuple(reversed(own.values()))


def at_rest(reader: Reader, look: Callable[[], Loaded | Unknown]) -> Loaded | Unknown:
    """What ``look`` finds; looked at again where a file was changed just now, for a reload may be under way."""
    found = look()
    for _ in range(_LOOKS):
        if isinstance(found, Unknown) or not any(reader.now() - one.when < _RECENT for one in found.differing):
            break
        try:
            reader.pause(_AGAIN)
        except TimeIsUp:
            break
        reader.forget_processes()
        found = look()
    return found


def directories(reader: FileReader, patterns: Iterable[str]) -> tuple[str, ...]:
    """The directories whose names decide what these include patterns match."""
    found: dict[str, None] = {}
    for pattern in patterns:
        above = os.path.dirname(pattern)
        if _MAGIC.isdisjoint(pattern):
            continue
        if _MAGIC.isdisjoint(above):
            found[above] = None
            continue
        found.update(dict.fromkeys(reader.glob(above)))
        while not _MAGIC.isdisjoint(above):
            above = os.path.dirname(above)
        found[above] = None
    return tuple(found)


def _same_load(kept: _Kept, load: Load) -> bool:
    if abs(kept.start - load.start) >= _SAME:
        return False
    return any(pid == other and abs(at - then) < _SAME for pid, at in load.witnesses for other, then in kept.witnesses)


def _listings(looks: "_Looks", wanted: Wanted, since: float) -> Iterable[Difference]:
    """Directories that changed since: what was removed from them nobody knows."""
    for path in wanted.directories:
        _, ctime = looks.at(path)
        if ctime and ctime + TICK > since:
            yield Difference(path, "listing", ctime)


class _Looks:
    """Paths as they are now: each symbolic link on the way counts as much as what it leads to."""

    def __init__(self, reader: FileReader) -> None:
        self._reader = reader
        self._links: dict[str, int] = {}

    def at(self, path: str) -> tuple[str, float]:
        """The state of a path as one text, and when it got it (ctime, epoch seconds; 0 of what is gone)."""
        try:
            found = self._reader.stat(path)
            links = self._newest_link(path)
        except OSError as error:
            return f"{error.strerror}", 0.0
        if found is None:
            return "-", 0.0
        state = f"{found.size} {found.mtime_ns} {found.ctime_ns} {found.inode} {found.device} {links}"
        return state, max(found.ctime_ns, links) / 1e9

    def settled(self, ctime: float) -> bool:
        """Whether another change would give another time."""
        return settled(int(ctime * 1e9), self._reader.now())

    def digest(self, path: str, state: str) -> str:
        """The digest of a file that had this state before and after it was read; empty where it cannot be had."""
        try:
            content = self._reader.read(path, _LIMIT)
        except (OSError, CannotSee):
            return ""
        if len(content) >= _LIMIT or self.at(path)[0] != state:
            return ""
        return blake2b(content, digest_size=16).hexdigest()

    def _newest_link(self, path: str, depth: int = 0) -> int:
        """The newest ctime of a symbolic link on the way to ``path``, in ns; 0 without one."""
        if path in ("", "/") or depth > _MOST_LINKS:
            return 0
        directory = os.path.dirname(path)
        if directory not in self._links:
            self._links[directory] = self._newest_link(directory, depth)
        found = self._reader.stat(path, follow=False)
        if found is None or not found.is_link:
            return self._links[directory]
        target = os.path.join(directory, self._reader.readlink(path))
        return max(self._links[directory], found.ctime_ns, self._newest_link(target, depth + 1))
