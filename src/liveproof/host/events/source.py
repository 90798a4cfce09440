"""The source of events that a watcher reads: fanotify where it can be had, inotify for the rest."""

import os
import select
import time
from collections.abc import Collection
from enum import Enum
from typing import Self

from liveproof.host.errors import CannotSee
from liveproof.host.events.by_directory import ByDirectory
from liveproof.host.events.by_file_system import ByFileSystem, relevant_mounts
from liveproof.host.events.culprits import Culprits
from liveproof.host.events.event import Event, Kind, Watch
from liveproof.host.events.wanted import Wanted, below
from liveproof.host.files.mounts import remote

_ATTEMPTS = 5  # to see the same twice, where links are moved at that moment


class Use(Enum):
    """Which of the kernel's interfaces to use."""

    BEST = "best"
    FANOTIFY = "fanotify"  # alone
    INOTIFY = "inotify"  # alone


class Source:
    """Tells of events in what is watched, from when it was made; closes itself at the end of a ``with``.

    A loop adds a reader on ``fileno()`` and calls ``read()``; nothing here blocks or has a thread. While a reader waits
    a little before it reads (a tenth of a second), the kernel makes one event of several alike.

    Args:
        watch: what is to be watched.
        use: which interface.
        pids: processes whose events are left out; the set is looked at for every event.
        cgroup: a control group whose processes' events are left out (by fanotify only, as ``pids``).

    Raises:
        CannotSee: the kernel lets us use none of what ``use`` allows; the message says why.
        ValueError: a path is not absolute.
    """

    def __init__(self, watch: Watch, *, use: Use = Use.BEST, pids: Collection[int] = (), cgroup: str = "") -> None:
        for path in (*watch.trees, *watch.files, *watch.excludes, *watch.modify):
            if not path.startswith("/"):
                raise ValueError(f"not an absolute path: {path}")
        self._wanted = Wanted(watch)
        self._either = select.epoll()
        self._whole: ByFileSystem | None = None
        self._single: ByDirectory | None = None
        self._use = use
        self._why_not = "it was not asked for"
        try:
            self._open(Culprits(pids, cgroup))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Readable when ``read`` has something to tell or to do."""
        return self._either.fileno()

    def read(self) -> list[Event]:
        """The next events, at most a few thousand, possibly none; call again while ``fileno`` is readable."""
        found = []
        if self._whole:
            found += self._whole.read()
        if self._single:
            found += self._single.read()
        if (self._whole and self._whole.moved_on) or (self._single and self._single.moved_on):
            found += self._refresh()
        return found

    def refresh(self) -> list[Event]:
        """Look again where the paths lead and what is mounted; for the periodic rescan of whoever reads.

        Returns events as ``read`` does: ``RESCAN`` for what was not watched until now.
        """
        self._wanted.resolve()
        return self._refresh(everything=True)

    def close(self) -> None:
        """End the watching."""
        for source in (self._whole, self._single, self._either):
            if source:
                source.close()
        self._whole = self._single = None

    @property
    def settled(self) -> bool:
        """Whether everything that is known of is watched; inotify takes a number of reads to get there."""
        return self._single is None or self._single.settled

    @property
    def description(self) -> str:
        """Which interface is used, and why not the better one: one sentence."""
        if self._whole and not (self._single and self._whole.refused):
            who = "" if self._whole.proves else "; this kernel does not prove which process it was (Linux 5.15 does)"
            return f"Changes are seen by fanotify{who}."
        if self._whole:
            points = "; ".join(f"{point}: {why}" for point, why in sorted(self._whole.refused.items()))
            return (
                f"Changes are seen by fanotify, and by inotify, without the process, where that is refused ({points})."
            )
        return f"Changes are seen by inotify, without the process, since fanotify cannot be had ({self._why_not})."

    @property
    def gaps(self) -> tuple[str, ...]:
        """What is not watched, each in one sentence."""
        remotes = [
            f"{point} is on {kind}: changes that other machines make are not reported"
            for point, kind in relevant_mounts(self._wanted).items()
            if remote(kind)
        ]
        if self._single and self._single.gap:
            remotes.append(self._single.gap)
        if self._use is Use.FANOTIFY and self._whole:
            remotes += [f"{point} is not watched: {why}" for point, why in self._whole.refused.items()]
        return tuple(remotes)

    def _open(self, culprits: Culprits) -> None:
        if self._use is not Use.INOTIFY:
            try:
                self._whole = ByFileSystem(self._wanted, culprits)
                self._either.register(self._whole.fileno(), select.EPOLLIN)
            except CannotSee as error:
                if self._use is Use.FANOTIFY:
                    raise
                self._why_not = str(error)
        if self._whole and self._use is Use.FANOTIFY and not self._whole.covered:
            raise CannotSee("; ".join(f"{point}: {why}" for point, why in self._whole.refused.items()))
        if self._whole and not self._whole.covered:
            self._why_not = "; ".join(f"{point}: {why}" for point, why in self._whole.refused.items())
            self._whole.close()
            self._whole = None
        self._refresh_single(everything=False)

    def _refresh(self, *, everything: bool = False) -> list[Event]:
        found = []
        for _ in range(_ATTEMPTS):
            if self._whole:
                self._whole.moved_on = False
                now = time.time()
                for point in self._whole.refresh():
                    trees = {tree for tree in self._wanted.trees if below(tree, point)}
                    trees |= {point} if self._wanted.walks(point) else set()
                    found += [Event(Kind.RESCAN, tree, None, now) for tree in sorted(trees)]
            self._refresh_single(everything=everything)
            if not self._wanted.resolve():  # else it changed while we looked
                break
        return found

    def _refresh_single(self, *, everything: bool) -> None:
        """Give inotify what fanotify cannot have."""
        points = relevant_mounts(self._wanted)
        apart = frozenset(point for point, kind in points.items() if remote(kind))
        mine = points.keys() - apart
        trees = {tree for tree in self._wanted.trees if _mount(tree, points) not in apart}
        if self._whole:
            mine = mine & self._whole.refused.keys() if self._use is Use.BEST else set()
            trees = {tree for tree in trees if _mount(tree, points) in mine} | set(filter(self._wanted.walks, mine))
        directories = tuple(some for some in self._wanted.directories if _mount(some, points) in mine)
        covered = self._whole.covered if self._whole else frozenset()
        if self._single is None:
            if self._whole and not (directories or trees):
                return
            self._single = ByDirectory(self._wanted)
            self._either.register(self._single.fileno(), select.EPOLLIN)
        self._single.moved_on = False
        self._single.refresh(directories, tuple(trees), covered, apart, everything=everything)


def _mount(path: str, points: Collection[str]) -> str:
    """The one of these mount points that a path lies on, empty for none."""
    while path not in points:
        if path == "/":
            return ""
        path = os.path.dirname(path)
    return path
