"""Which paths are wanted: the watched ones and all that lies on the way to them, as the links lead now."""

import os
import stat
from dataclasses import dataclass

from liveproof.host.events.event import Watch

_LINKS = 40  # as many as the kernel follows, path_resolution(7)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is wanted of one directory: everything in it or some names; itself (``.``); every write."""

    path: str
    everything: bool
    names: frozenset[str]
    itself: bool
    modify: bool

    @property
    def excluded(self) -> bool:
        """Whether nothing in it is wanted but itself."""
        return not self.everything and not self.names and not self.modify

    def wants(self, name: str) -> bool:
        """Whether the entry ``name`` is wanted; ``.`` is the directory itself."""
        if name == ".":
            return self.itself
        return self.everything or name in self.names

    def at(self, name: str) -> str:
        """The path of the entry."""
        if name == ".":
            return self.path
        return f"/{name}" if self.path == "/" else f"{self.path}/{name}"


class Wanted:
    """The watched paths, resolved; ``resolve`` again after anything happened to one of the ``points``.

    Attributes:
        points: every entry on the way to a watched path and that path, links and what they lead to; also the first
            one that does not exist.
        trees: the real paths of the watched directories that exist; those that lie in another are left out.
        modify: the real paths of which every write is wanted.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.points: frozenset[str] = frozenset()
        self.trees: tuple[str, ...] = ()
        self.modify: frozenset[str] = frozenset()
        self._trees: frozenset[str] = frozenset()
        self._excludes: frozenset[str] = frozenset()
        self._names: dict[str, frozenset[str]] = {}
        self.resolve()

    def resolve(self) -> bool:
        """Look where the paths lead now. Whether that is elsewhere than before."""
        points: set[str] = set()
        trees = {real for path in self._watch.trees if (real := _follow(path, points)) and _is_directory(real)}
        for path in self._watch.files:
            _follow(path, points)
        modify = {real for path in self._watch.modify if (real := _follow(path, points))}
        excludes = {_follow(path, set()) or os.path.normpath(path) for path in self._watch.excludes}
        now = (frozenset(points), frozenset(trees), frozenset(modify), frozenset(excludes))
        if now == (self.points, self._trees, self.modify, self._excludes):
            return False
        self.points, self._trees, self.modify, self._excludes = now
        self.trees = tuple(sorted(tree for tree in trees if tree == "/" or not self.walks(os.path.dirname(tree))))
        names: dict[str, set[str]] = {}
        for point in points:
            directory, _, name = point.rpartition("/")
            names.setdefault(directory or "/", set()).add(name)
        self._names = {directory: frozenset(some) for directory, some in names.items()}
        return True

    @property
    def directories(self) -> tuple[str, ...]:
        """The directories that hold the points."""
        return tuple(self._names)

    def scope(self, directory: str) -> Scope | None:
        """What is wanted of a directory; None for nothing."""
        everything = self.holds(directory) and directory not in self._excludes
        names = self._names.get(directory, frozenset())
        itself = everything or self.holds(directory) or directory in self.points
        if not (everything or names or itself):
            return None
        return Scope(directory, everything, names, itself, directory in self.modify)

    def holds(self, path: str) -> bool:
        """Whether ``path`` is a watched tree or lies in one, and not in what is excluded; the nearest decides."""
        for above in (path, *_above(path)):
            if above in self._excludes and above != path:
                return False
            if above in self._trees:
                return True
        return False

    def walks(self, path: str) -> bool:
        """Whether what lies in the directory ``path`` is wanted."""
        return self.holds(path) and path not in self._excludes


def below(path: str, top: str) -> bool:
    """Whether ``path`` is ``top`` or lies in it, by name."""
    return path == top or path.startswith(f"{top.rstrip('/')}/")


def _above(path: str) -> list[str]:
    """The directories above an absolute path, the nearest first."""
    found = []
    while path not in ("/", ""):
        path = os.path.dirname(path)
        found.append(path)
    return found


def _follow(path: str, points: set[str]) -> str | None:
    """The real path, None where it does not lead anywhere; every entry on the way is added to ``points``."""
    waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    here, links = "/", 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            here = os.path.dirname(here)
            continue
        entry = f"/{part}" if here == "/" else f"{here}/{part}"
        points.add(entry)
        try:
            mode = os.lstat(entry).st_mode
            target = os.readlink(entry) if stat.S_ISLNK(mode) else None
        except (OSError, ValueError):
            return None
        if target is None:
            if waiting and not stat.S_ISDIR(mode):
                return None
            here = entry
            continue
        links += 1
        if links > _LINKS:
            return None
        if target.startswith("/"):
            here = "/"
        waiting += [part for part in reversed(target.split("/")) if part not in ("", ".")]
    return here


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
