"""One walk of a directory tree that tells it as classes of like entries.

Every entry costs one fstatat(2) and a look-up in a memo; a class is a tuple of section, mode, owner and whether it has
several hard links, so whoever judges the tree judges a few dozen classes and not a hundred thousand files. Nothing is
opened but directories, and those name by name without following links, so FIFOs, devices and loops of links are safe.
"""

import gc
import os
import time
from collections.abc import Iterator
from typing import Any

from liveproof.host.child_process import OutOfTime, forked, together
from liveproof.host.deadline import left
from liveproof.host.files.dir_handles import Descent
from liveproof.host.files.mounts import hangs
from liveproof.host.files.tree_stats import Layout, Tally, Walked, too_long

# A second process pays for itself (a fork costs some milliseconds) when about as much again is still to be seen.
# Opening a directory costs about as much as some entries.
_ALONE = 3500
_DIRECTORY = 3
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK

__all__ = ["Layout", "Walked", "walk"]


def walk(root: str, layout: Layout, seconds: float) -> Walked:
    """Walk ``root``: alone while it is small, with a second process when it is not.

    A tree that lies on or holds a network file system is walked by a process that can be given up.

    Raises:
        TimeoutError: it took more than ``seconds``.
        OSError: the root cannot be opened.
    """
    until = left(seconds) + time.monotonic()
    collecting = gc.isenabled()
    gc.disable()  # nothing here is cyclic, and tens of thousands of new tuples would set it off again and again
    try:
        if any(hangs(place) for place in _places(root, layout)):
            try:
                return Walked(*forked(lambda: tuple(_walk(root, layout, until)), seconds))
            except OutOfTime:
                raise too_long(root) from None
        try:
            return _walk(root, layout, until)
        except TimeoutError:
            left()
            raise
    finally:
        if collecting:
            gc.enable()


def _places(root: str, layout: Layout) -> Iterator[str]:
    """The root, and where its starts lead when they are links, by their text alone."""
    yield root
    if hangs(root):
        return
    for start in layout.starts:
        try:
            target = os.readlink(f"{root}/{start}")
        except OSError:
            continue
        yield os.path.normpath(os.path.join(root, os.path.dirname(start), target))


def _walk(root: str, layout: Layout, until: float) -> Walked:
    tally = Tally(layout, root, until)
    _tree(tally, root, ".", layout.first)
    for path, target in list(tally.followed):
        _tree(tally, target, path, layout.starts[path])
    return tally.walked()


def _tree(tally: Tally, root: str, shown: str, section: str) -> None:
    """A directory, reported as ``shown``, and everything below it.

    Breadth first until it is clear that the tree is large; what is then still to be seen is shared by two processes.
    """
    prefix = "" if shown == "." else shown
    descriptor = os.open(root, _FLAGS)
    descent = Descent(descriptor)
    try:
        tally.root_directory(shown, section, os.fstat(descriptor))
        pending = [(".", section)]
        at, enough = 0, tally.count + _ALONE
        while at < len(pending) and tally.count + _DIRECTORY * at < enough:
            pending += tally.directory(descent, prefix, *pending[at])
            at += 1
        rest = pending[at:]

        def share(claims: Iterator[int]) -> tuple[Any, ...]:
            part = Tally(tally.layout, tally.root, tally.until)
            for claim in claims:
                stack = [rest[claim]]
                while stack:
                    stack += part.directory(descent, prefix, *stack.pop())
            return tuple(part.walked())

        if rest:
            for result in together(len(rest), share):
                tally.merge(Walked(*result))
    finally:
        descent.close()
        os.close(descriptor)
