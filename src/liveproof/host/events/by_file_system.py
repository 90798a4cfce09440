"""Events by fanotify: the kernel tells of every change on a file system; what is not wanted is left out at once."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from liveproof.host.errors import CannotSee
from liveproof.host.events import fanotify
from liveproof.host.events.culprits import Culprits
from liveproof.host.events.event import Event, Kind
from liveproof.host.events.fanotify import Record, Unsupported
from liveproof.host.events.wanted import Scope, Wanted
from liveproof.host.files.mounts import mounts, remote

_BATCH = 16384  # bytes of one read: about 250 events at most, each with a descriptor of its own
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK
# A directory that is no more, or lies deeper than a path can say.
_GONE = (errno.ESTALE, errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_TOO_MUCH = 20  # events of one directory that are not wanted, until the kernel is to leave them out
_REMEMBERED = 20_000  # directories of which is known what is wanted in them

# Nothing that these hold can be watched, or a look at it mounts something.
_NO_FILES = ("proc", "sysfs", "cgroup", "cgroup2", "autofs", "binfmt_misc", "bpf", "debugfs", "securityfs", "tracefs")

# In the order in which they are told where the kernel made one record of several.
_KINDS = (
    (fanotify.CREATE, Kind.CREATED), (fanotify.MOVED_TO, Kind.MOVED_TO), (fanotify.MODIFY, Kind.MODIFIED),
    (fanotify.CLOSE_WRITE, Kind.WRITTEN), (fanotify.ATTRIB, Kind.ATTRIBUTES), (fanotify.MOVED_FROM, Kind.MOVED_FROM),
    (fanotify.DELETE, Kind.DELETED),
)  # fmt: skip
_MOVES = fanotify.MOVED_FROM | fanotify.MOVED_TO
_ENTRIES = _MOVES | fanotify.CREATE | fanotify.DELETE


class ByFileSystem:
    """One fanotify group with a mark for each file system that holds something wanted.

    Attributes:
        proves: whether the kernel proves who caused an event.
        refused: mount points that cannot be watched so, with the reason.
        covered: the devices (``st_dev``) of the file systems that are.
        moved_on: the wanted paths lead elsewhere than before; whoever acts on it sets it back.

    Raises:
        CannotSee: there is no fanotify for us; the message says why.
    """

    def __init__(self, wanted: Wanted, culprits: Culprits) -> None:
        try:
            self._group, self.proves = fanotify.new_group()
        except Unsupported as error:
            raise CannotSee(f"fanotify_init: {error.strerror}") from None
        self._wanted = wanted
        self._culprits = culprits
        self._scopes: dict[bytes, Scope | None] = {}
        self._marked: dict[str, int] = {}  # mount point to device
        self._unwanted: dict[bytes, int] = {}  # how many events of a directory were left out
        self._ignored = False
        self._by_id: dict[bytes, list[str]] = {}
        self._writes: frozenset[str] = frozenset()
        self.refused: dict[str, str] = {}
        self.moved_on = False
        self.refresh()

    @property
    def covered(self) -> frozenset[int]:
        """See the class."""
        return frozenset(self._marked.values())

    def fileno(self) -> int:
        """Readable when there are events."""
        return self._group

    def close(self) -> None:
        """Take all marks away."""
        os.close(self._group)

    def refresh(self) -> list[str]:
        """Mark the file systems that hold what is wanted now; the mount points of those not seen until now."""
        self._look_again()
        added = []
        points = relevant_mounts(self._wanted)
        self._by_id.clear()
        for gone in self._marked.keys() - points.keys():
            del self._marked[gone]  # the mark stays with the file system; its events are not wanted
        for point, kind in points.items():
            try:
                device = os.lstat(point).st_dev if not remote(kind) else 0
                self._mark(point, kind)  # also again: it may have been unmounted and mounted
                if self._marked.get(point) != device:
                    self._marked[point] = device
                    added.append(point)
                self._by_id.setdefault(_id(point), []).append(point)
                self.refused.pop(point, None)
            except OSError as error:
                self._marked.pop(point, None)
                self.refused[point] = error.strerror or str(error)
        for point in self.refused.keys() - points.keys():
            del self.refused[point]
        self._mark_writes()
        return added

    def read(self) -> list[Event]:
        """The next events, without blocking; the same thing to the same path by the same process is told once."""
        try:
            data = os.read(self._group, _BATCH)
        except BlockingIOError:
            return []
        now = time.time()
        self._culprits.forget()
        found: dict[tuple[int, str, int], Event] = {}
        pidfds: list[int] = []
        try:
            for record in fanotify.records(data):
                if record.pidfd >= 0:
                    pidfds.append(record.pidfd)
                path = self._wanted_path(record)
                if path is not None:
                    self._keep(record, path, found, now)
        finally:
            for pidfd in pidfds:
                os.close(pidfd)
        return list(found.values())

    def _keep(self, record: Record, path: str, found: dict[tuple[int, str, int], Event], now: float) -> None:
        if not path:
            found[fanotify.OVERFLOW, "", 0] = Event(Kind.OVERFLOW, "", None, now)
            return
        process, left_out = self._culprits.of(record.pid, record.pidfd)
        if left_out:
            return
        for bit, kind in _KINDS:
            if record.mask & bit:
                key = bit, path, process.pid if process else 0
                found.pop(key, None)  # the last one's place counts
                found[key] = Event(kind, path, process, now)

    def _wanted_path(self, record: Record) -> str | None:
        """The path of the record.

        None if it is not wanted, empty where events were lost, or this one as good as.
        """
        mask = record.mask
        if mask & fanotify.OVERFLOW:
            self._wanted.resolve()  # what moved a link may be among what was lost
            self._look_again()
            self.moved_on = True
            return ""
        try:
            scope = self._scopes[record.handle]
        except KeyError:
            try:
                scope = self._scope(record.handle)
            except OSError:
                return ""
        if scope is None or scope.excluded:
            self._leave_out(record.handle)
        if scope is None:
            return None
        name = os.fsdecode(record.name)
        return self._noted(mask, scope.at(name), scope) if scope.wants(name) else None

    def _noted(self, mask: int, path: str, scope: Scope) -> str | None:
        """The path of a wanted entry, None where only its writing is not wanted; and what follows for other paths."""
        if mask & _ENTRIES:
            if mask & fanotify.ONDIR and mask & _MOVES:
                self._look_again()  # all below it have other paths now
            if path in self._wanted.points and self._wanted.resolve():
                self._look_again()
                self.moved_on = True
        elif mask == fanotify.MODIFY and not (scope.modify or path in self._wanted.modify):
            return None
        return path

    def _leave_out(self, handle: bytes) -> None:
        """Have the kernel tell no more of a directory from which much came that is not wanted."""
        count = self._unwanted[handle] = self._unwanted.get(handle, 0) + 1
        if count != _TOO_MUCH:
            return
        for point in self._by_id.get(handle[:8], self._marked):
            with suppress(OSError), _opened(point, handle[8:]) as directory:
                fanotify.ignore(self._group, directory)
                self._ignored = True
                return

    def _look_again(self) -> None:
        """Forget what is wanted of which directory."""
        self._scopes.clear()
        self._unwanted.clear()
        if self._ignored:
            self._ignored = False
            fanotify.flush(self._group)
            self._writes = frozenset()
            self._mark_writes()

    def _scope(self, handle: bytes) -> Scope | None:
        """What is wanted of the directory with this handle. It is found under one of the mounts, or it is gone.

        Raises:
            OSError: it cannot be told, as where no descriptor is left.
        """
        if len(self._scopes) >= _REMEMBERED:
            self._scopes.clear()
            self._unwanted.clear()
        found = None
        for point in self._by_id.get(handle[:8], self._marked):
            found = self._found_below(point, handle[8:])
            if found:
                break
        self._scopes[handle] = found
        return found

    def _found_below(self, point: str, handle: bytes) -> Scope | None:
        """As ``_scope``, seen from one mount point.

        A mount that shows a part of a file system opens handles of the rest as well, by a path that is another file's.
        """
        try:
            with _opened(point, handle) as directory:
                found = self._wanted.scope(os.readlink(f"/proc/self/fd/{directory}"))
                if found is None:
                    return None
                there, this = os.lstat(found.path), os.fstat(directory)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise
        return found if (there.st_dev, there.st_ino) == (this.st_dev, this.st_ino) else None

    def _mark(self, point: str, kind: str) -> None:
        if remote(kind):
            raise Unsupported(0, f"{kind}: changes that other machines make are not reported")
        fanotify.mark_file_system(self._group, point)
        try:
            mount = os.open(point, _DIRECTORY)
            try:
                os.close(fanotify.open_handle(mount, fanotify.handle_of(point)))
            finally:
                os.close(mount)
        except OSError:
            with suppress(OSError):
                fanotify.unmark_file_system(self._group, point)
            raise

    def _mark_writes(self) -> None:
        # A file's directory, so that the file that comes in its place is watched, too.
        writes = frozenset(path if os.path.isdir(path) else os.path.dirname(path) for path in self._wanted.modify)
        for path in self._writes - writes:
            with suppress(OSError):
                fanotify.unmark_writes(self._group, path)
        for path in writes:
            with suppress(OSError):  # it is gone again, or its file system has no marks
                fanotify.mark_writes(self._group, path)
        self._writes = writes


def relevant_mounts(wanted: Wanted) -> dict[str, str]:
    """The mount points, with their types, that hold a wanted entry or lie in a wanted tree."""
    table = {point: kind for point, kind in mounts() if kind not in _NO_FILES} or {"/": "unknown"}
    found = {}
    for path in {*wanted.directories, *wanted.trees}:
        above = path
        while above not in table and above != "/":
            above = os.path.dirname(above)
        if above in table:
            found[above] = table[above]
    below = {point: kind for point, kind in table.items() if wanted.walks(point)}
    return found | {point: kind for point, kind in below.items() if remote(kind) or os.path.isdir(point)}


@contextmanager
def _opened(point: str, handle: bytes) -> Iterator[int]:
    """What a handle stands for, opened by the mount at ``point``."""
    mount = os.open(point, _DIRECTORY)
    try:
        opened = fanotify.open_handle(mount, handle)
    finally:
        os.close(mount)
    try:
        yield opened
    finally:
        os.close(opened)


def _id(point: str) -> bytes:
    """The file system's id as records have it (statfs(2))."""
    return (os.statvfs(point).f_fsid & 0xFFFFFFFFFFFFFFFF).to_bytes(8, sys.byteorder)
