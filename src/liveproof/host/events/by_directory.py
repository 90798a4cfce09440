"""Events by inotify: one watch for each directory, set as directories come; nothing tells who did it."""

import errno
import os
import select
import time
from collections.abc import Iterator

from liveproof.host.errors import CannotSee
from liveproof.host.events import inotify
from liveproof.host.events.event import Event, Kind
from liveproof.host.events.wanted import Wanted, below

_BATCH = 16384  # bytes of one read: about 1,000 events at most
_SLICE = 500  # entries that are looked at in one read to find directories

_KINDS = (
    (inotify.CREATE, Kind.CREATED), (inotify.MOVED_TO, Kind.MOVED_TO), (inotify.MODIFY, Kind.MODIFIED),
    (inotify.CLOSE_WRITE, Kind.WRITTEN), (inotify.ATTRIB, Kind.ATTRIBUTES), (inotify.MOVED_FROM, Kind.MOVED_FROM),
    (inotify.DELETE, Kind.DELETED),
)  # fmt: skip
_ENTRIES = inotify.MOVED_FROM | inotify.MOVED_TO | inotify.CREATE | inotify.DELETE


class ByDirectory:
    """One inotify instance with a watch on each wanted directory.

    Directories are found a slice at each read. A tree is told as ``RESCAN`` once all of it is watched; the entries of
    a directory that came later are told as ``CREATED`` after it is watched, so that none is missed.

    Attributes:
        gap: what cannot be watched and why, in one sentence, or empty.
        moved_on: the wanted paths lead elsewhere than before; whoever acts on it sets it back.

    Raises:
        CannotSee: there is no inotify for us; the message says why.
    """

    def __init__(self, wanted: Wanted) -> None:
        try:
            self._instance = inotify.new_instance()
        except OSError as error:
            limit = inotify.limit("max_user_instances")
            raise CannotSee(f"inotify_init: {error.strerror} (fs.inotify.max_user_instances is {limit})") from None
        self._more = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._either = select.epoll()
        self._either.register(self._instance, select.EPOLLIN)
        self._either.register(self._more, select.EPOLLIN)
        self._wanted = wanted
        self._paths: dict[int, str] = {}
        self._watches: dict[str, int] = {}
        self._covered: frozenset[int] = frozenset()
        self._apart: frozenset[str] = frozenset()
        self._trees: tuple[str, ...] = ()
        # Directories to be watched, and whether their entries are told; the last one first. ``None`` ends a tree.
        self._waiting: list[tuple[str, bool | None]] = []
        self._entries: os._ScandirIterator[str] | None = None  # of the directory that was watched last
        self._told_too = False
        self._whole: set[str] = set()  # trees that were told as such
        self._unseen = False  # whether a directory was found that nobody had told of
        self._pending: list[tuple[Kind, str]] = []
        self._full = self._lost = self._trees_known = False
        self.gap = ""
        self.moved_on = False

    def fileno(self) -> int:
        """Readable when there are events, or directories to be watched yet."""
        return self._either.fileno()

    def close(self) -> None:
        """End all watches."""
        self._stop_listing()
        self._either.close()
        os.close(self._more)
        os.close(self._instance)

    @property
    def settled(self) -> bool:
        """Whether every directory that is known of is watched."""
        return not self._waiting and not self._pending and self._entries is None

    def refresh(
        self,
        directories: tuple[str, ...],
        trees: tuple[str, ...],
        covered: frozenset[int],
        apart: frozenset[str],
        *,
        everything: bool = False,
    ) -> None:
        """Watch these directories for single entries, and all that is wanted below these trees.

        Trees stop at file systems of the devices ``covered`` and at the mount points ``apart``. Trees that are watched
        already are looked at again only when ``everything`` is to be, or events were lost.
        """
        self._covered, self._apart = covered, apart
        for known in self._watches.keys() - set(directories):
            if not (self._wanted.walks(known) and any(below(known, tree) for tree in trees)):
                self._forget(known)
        everything = everything or self._lost
        if everything:
            self._full, self.gap = False, ""
        for directory in directories:
            if directory not in apart:
                self._watch_points(directory)
        self._look_at(tuple(tree for tree in trees if everything or tree not in self._trees))
        self._whole = set() if self._lost else self._whole & set(trees)
        self._trees, self._lost, self._trees_known = trees, False, True
        if self._pending:
            os.eventfd_write(self._more, 1)

    def read(self) -> list[Event]:
        """The next events, without blocking; the same thing to the same path is told once."""
        now = time.time()
        found: dict[tuple[Kind, str], Event] = {}
        for kind, path in self._told():
            found.pop((kind, path), None)  # the last one's place counts
            found[kind, path] = Event(kind, path, None, now)
        return list(found.values())

    def _told(self) -> Iterator[tuple[Kind, str]]:
        try:
            data = os.read(self._instance, _BATCH)
        except BlockingIOError:
            data = b""
        pending, self._pending = self._pending, []
        yield from pending
        for watch, mask, name in inotify.records(data):
            yield from self._record(watch, mask, name)
        yield from self._slice()
        if self.settled:
            try:
                os.eventfd_read(self._more)
            except BlockingIOError:
                return

    def _record(self, watch: int, mask: int, name: str) -> Iterator[tuple[Kind, str]]:
        if mask & inotify.OVERFLOW:
            self._wanted.resolve()
            self.moved_on = self._lost = True  # directories may have come unseen: everything is looked at again
            yield Kind.OVERFLOW, ""
            return
        directory = self._paths.get(watch)
        if directory is None:
            return
        if mask & inotify.IGNORED:
            self._forget(directory)
            return
        scope = self._wanted.scope(directory) if name else None
        if scope is None or not scope.wants(name):
            return
        path = scope.at(name)
        if mask & inotify.ISDIR:
            self._directory_changed(mask, path)
        if mask & _ENTRIES and path in self._wanted.points:
            self._wanted.resolve()
            self.moved_on = True  # also where it leads to the same path, it may be another directory
        for bit, kind in _KINDS:
            if mask & bit and (bit != inotify.MODIFY or scope.modify or path in self._wanted.modify):
                yield kind, path

    def _directory_changed(self, mask: int, path: str) -> None:
        if mask & inotify.MOVED_FROM:
            for known in [known for known in self._watches if below(known, path)]:
                self._forget(known)
        elif mask & (inotify.CREATE | inotify.MOVED_TO) and self._wanted.walks(path):
            self._look_at((path,), told=True)

    def _look_at(self, trees: tuple[str, ...], *, told: bool = False) -> None:
        for tree in trees:
            self._waiting += [] if told else [(tree, None)]
            self._waiting.append((tree, told))
        if trees:
            os.eventfd_write(self._more, 1)

    def _slice(self) -> Iterator[tuple[Kind, str]]:
        """Watch what waits, no more than a slice of it."""
        for _ in range(_SLICE):
            if self._entries is not None:
                yield from self._entry()
            elif self._waiting:
                path, told = self._waiting.pop()
                if told is None:
                    # Looked at again, a tree is told only where something in it had not been watched.
                    if path not in self._whole or self._unseen:
                        yield Kind.RESCAN, path
                    self._whole.add(path)
                    self._unseen = False
                elif self._walks(path):
                    self._told_too = told
                    yield from self._watch(path)
                    self._list(path)
            else:
                return

    def _walks(self, path: str) -> bool:
        if self._full or path in self._apart or not self._wanted.walks(path):
            return False
        try:
            return os.lstat(path).st_dev not in self._covered
        except OSError:
            return False

    def _list(self, directory: str) -> None:
        try:
            self._entries = os.scandir(directory)
        except OSError:
            return  # it is gone again

    def _entry(self) -> Iterator[tuple[Kind, str]]:
        """The next entry of the directory that was watched last."""
        assert self._entries is not None
        try:
            entry = next(self._entries, None)
            if entry is None:
                self._stop_listing()
                return
            if entry.is_dir(follow_symlinks=False):
                self._waiting.append((entry.path, self._told_too))
        except OSError:
            self._stop_listing()
            return
        if self._told_too:
            yield Kind.CREATED, entry.path

    def _stop_listing(self) -> None:
        if self._entries is not None:
            self._entries.close()
            self._entries = None

    def _watch_points(self, directory: str) -> None:
        """Watch a directory for single entries. What lies in one that came later is told: it may have come unseen."""
        known = self._watches.get(directory)
        self._pending += self._watch(directory)
        scope = self._wanted.scope(directory)
        if self._trees_known and scope and self._watches.get(directory) != known:
            self._pending += [(Kind.CREATED, scope.at(name)) for name in scope.names if os.path.lexists(scope.at(name))]

    def _watch(self, directory: str) -> list[tuple[Kind, str]]:
        try:
            watch = inotify.add(self._instance, directory, writes=self._writes(directory))
        except OSError as error:
            return self._unwatched(directory, error)
        other = self._paths.get(watch)
        if other not in (None, directory):
            self._watches.pop(str(other), None)  # it was moved, or is mounted twice
        before = self._watches.get(directory)
        self._unseen |= before is None and not self._told_too
        if before not in (None, watch):
            self._paths.pop(int(str(before)), None)
        self._paths[watch], self._watches[directory] = directory, watch
        return []

    def _writes(self, directory: str) -> bool:
        return any(path == directory or os.path.dirname(path) == directory for path in self._wanted.modify)

    def _unwatched(self, directory: str, error: OSError) -> list[tuple[Kind, str]]:
        if error.errno in (errno.ENOENT, errno.ENOTDIR) or self._full:
            return []
        if error.errno == errno.ENOSPC:
            self._full = True
            limit = inotify.limit("max_user_watches")
            self.gap = (
                f"{directory} and more are not watched: fs.inotify.max_user_watches ({limit}) is used up; raise it with"
                " sysctl"
            )
        else:
            self.gap = f"{directory} is not watched: {error.strerror}"
        return [(Kind.UNWATCHED, directory)]

    def _forget(self, directory: str) -> None:
        watch = self._watches.pop(directory, None)
        if watch is not None and self._paths.pop(watch, None) is not None:
            inotify.remove(self._instance, watch)
