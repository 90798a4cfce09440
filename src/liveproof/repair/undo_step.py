"""Take one step of a run back, from what its journal says stood there before and after.

Everything is looked at again before it is touched: what is as the step left it is put back; what is as it was before
needs nothing, so that a rollback can itself be cut off and begun again; what somebody else changed since is left alone.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

from liveproof.host.files.openat2 import open_root
from liveproof.host.files.snapshot import (
    FILE,
    FOLDER,
    LINK,
    META,
    NOTHING,
    TIMES,
    WHOLE,
    Image,
    look,
    read_tree,
    read_whole,
    same,
)
from liveproof.host.write import writer
from liveproof.host.write.safety import why
from liveproof.model.dataclass import dataclass
from liveproof.repair.restore import Pair, Restoring, Source, Undone, absolute
from liveproof.store.journal_log import Log

# A step that was cut off left no word of what it did. What changed within this time after it began is taken for its
# work (an artisan command gets two minutes), what changed later for somebody else's.
CUT_OFF_SECONDS = 130

Places = tuple[tuple[str, tuple[Image, ...]], ...]
Renewed = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Begun:
    """A step as its journal tells it.

    Attributes:
        number: its place in the plan, from 0.
        at: when it began, ns since the epoch.
        before: per root directory the images of everything that the step may change.
        after: the same after the step; None when it was cut off.
        goals: per root what a change of owners or modes was to lead to.
        trees: root and path, at and below which the step may have made anything.
    """

    number: int
    at: int
    before: Places
    after: Places | None
    goals: Places
    trees: tuple[tuple[str, str], ...]


def take_back(step: Begun, log: Log, temporary: str, times: set[tuple[str, str]] | None, renewed: Renewed) -> Undone:
    """Put everything that a step changed back as it was before.

    Args:
        step: the step.
        log: the run's log, which keeps the old contents.
        temporary: how the names of the run's temporary files begin.
        times: directories whose times an earlier, cut off attempt found to be the step's; None at the first attempt.
        renewed: absolute path to the old and the new inode of what the undo of later steps made again, the old one as
            the journal knows it; added to.

    Raises:
        Damaged: a kept content is not whole.
    """
    undone = Undone()
    places = [place for root, _ in step.before if (place := _open(root, step, renewed, undone))]
    try:
        found = [(place, tuple(place.pairs(temporary)), tuple(place.folders(times))) for place in places]
        if times is None:
            _announce(log, step, [(place.root, image.path) for place, _, folders in found for image in folders])
        for place, pairs, folders in found:
            Restoring(place.root, place.top, Source(log, step.number, temporary), undone).all(pairs, folders)
            place.learn(renewed)
    finally:
        for place in places:
            os.close(place.top)
    return undone


def _open(root: str, step: Begun, renewed: Renewed, undone: Undone) -> "_Place | None":
    try:
        return _Place(root, open_root(root), step, renewed, undone)
    except OSError as error:
        undone.refused.append((root, why(error)))
        return None


def _announce(log: Log, step: Begun, folders: list[tuple[str, str]]) -> None:
    """Putting files back changes their directories' times, so whose times they were is written down first."""
    try:
        log.append({"is": "undo", "step": step.number, "times": folders})
    except OSError:
        return  # a full disk: should this attempt be cut off too, only those times are lost


class _Place:
    """One root directory of a step: what of it is to be put back."""

    def __init__(self, root: str, top: int, step: Begun, renewed: Renewed, undone: Undone) -> None:
        self.root = root
        self.top = top
        self._step = step
        self._undone = undone
        self._journalled = dict(step.before)[root]
        self._before = self._images(self._journalled, renewed)
        self._after = None if step.after is None else self._images(dict(step.after).get(root, ()), renewed)
        self._goals = self._images(dict(step.goals).get(root, ()), renewed)

    def _images(self, images: tuple[Image, ...], renewed: Renewed) -> dict[tuple[str, bool], Image]:
        """By path and whether only times count; with the inode that stands in the place of an old one by now."""
        found = {}
        for image in images:
            old, new = renewed.get(absolute(self.root, image.path), (0, 0))
            found[_key(image)] = replace(image, inode=new) if image.inode == old and new else image
        return found

    def pairs(self, temporary: str) -> Iterator[Pair]:
        """What is the step's work and not as it was before."""
        for image in self._before.values():
            if image.scope == TIMES and image.kind == FOLDER:
                self._sweep(image.path, temporary)
        for before in (*self._before.values(), *self._made()):
            if before.scope == TIMES:
                continue
            try:
                now = self._now(before)
            except OSError as error:
                self._undone.refused.append((absolute(self.root, before.path), why(error)))
                continue
            if back(before, now) or self._vanished(before, now):
                continue
            if self._ours(before, now):
                yield Pair(before, now)
                continue
            what = "is gone" if now.kind == NOTHING else "was changed by somebody else since"
            self._undone.refused.append((absolute(self.root, before.path), f"{what}, so it is left as it is"))

    def folders(self, times: set[tuple[str, str]] | None) -> Iterator[Image]:
        """The directories whose times are the step's work."""
        for image in self._before.values():
            if image.scope == TIMES and self._own_times(image, times):
                yield image

    def learn(self, renewed: Renewed) -> None:
        """Note what was made again.

        The images of earlier steps know it by the inode that it had then, and not by one that the undo of later steps
        gave it meanwhile. A number that a file system uses again may even be that inode's: then that is noted too.
        """
        for image in self._journalled:
            if image.scope == TIMES or (image.scope == META and image.kind != FOLDER):
                continue
            try:
                now = look(self.top, image.path, META)
            except OSError:
                continue
            path = absolute(self.root, image.path)
            anew = now.kind == image.kind and (now.inode != image.inode or path in renewed)
            if anew and (image.kind == FOLDER or now.mtime == image.mtime):
                renewed[path] = (image.inode, now.inode)

    def _sweep(self, folder: str, temporary: str) -> None:
        try:
            writer.sweep(self.top, folder, temporary)
        except OSError as error:
            self._undone.refused.append((absolute(self.root, folder), why(error)))

    def _own_times(self, image: Image, times: set[tuple[str, str]] | None) -> bool:
        if times is not None:
            return (self.root, image.path) in times
        try:
            now = look(self.top, image.path, TIMES)
        except OSError:
            return False
        if now.kind != FOLDER or now.inode != image.inode:
            return False
        if now.mtime == image.mtime:
            return True  # as before, until files are put back into it
        if self._after is None:
            return now.mtime <= self._step.at + CUT_OFF_SECONDS * 10**9
        then = self._after.get(_key(image))
        return then is not None and then.mtime == now.mtime

    def _made(self) -> Iterator[Image]:
        """What came into being under the step's hands: nothing stood there before."""
        known = {path for path, _ in self._before}
        for image in self._cut_off_trees() if self._after is None else self._after.values():
            if image.path not in known and image.kind != NOTHING and image.scope != TIMES:
                yield Image(image.path, META if image.kind == FOLDER else WHOLE)

    def _cut_off_trees(self) -> Iterator[Image]:
        for root, path in self._step.trees:
            if root == self.root:
                try:
                    yield from list(read_tree(self.top, path, lambda name: look(self.top, name, WHOLE)))
                except OSError as error:
                    self._undone.refused.append((absolute(self.root, path), why(error)))

    def _now(self, before: Image) -> Image:
        whole = before.scope == WHOLE and before.kind in (FILE, NOTHING)
        return read_whole(self.top, before.path) if whole else look(self.top, before.path, before.scope)

    def _then(self, before: Image) -> Image:
        """What the step left, or was to lead to."""
        if self._after is None:
            return self._goals.get(_key(before), before)
        return self._after.get(_key(before), Image(before.path, before.scope))

    def _vanished(self, before: Image, now: Image) -> bool:
        """An entry that was gone before the step could change its owner or mode."""
        return self._after is not None and before.scope == META and {now.kind, self._then(before).kind} == {NOTHING}

    def _ours(self, before: Image, now: Image) -> bool:
        """Whether what stands there is what the step, or a cut off attempt to undo it, left."""
        if before.scope == META and NOTHING not in (before.kind, now.kind):
            return _between(before, self._then(before), now)
        if self._after is None:
            return now.kind == NOTHING or now.ctime <= self._step.at + CUT_OFF_SECONDS * 10**9
        then = self._then(before)
        # On a full disk, rolling back removes the new file before it writes the old one.
        half_back = before.kind == then.kind == FILE and now.kind == NOTHING
        return half_back or same(replace(now, scope=before.scope), then)


def back(before: Image, now: Image) -> bool:
    """Whether a place is as it was before; a file that was put back is another inode."""
    return same(before if before.scope == META else replace(before, inode=now.inode), now)


def _key(image: Image) -> tuple[str, bool]:
    return image.path, image.scope == TIMES


def _between(before: Image, then: Image, now: Image) -> bool:
    """Whether an entry's owner and mode are those of before or after, in any mixture: a change has several parts."""
    modes = {before.mode, then.mode}
    return (
        now.kind == before.kind
        and now.inode == before.inode
        and now.uid in (before.uid, then.uid)
        and now.gid in (before.gid, then.gid)
        and (now.mode in modes or now.mode in {mode & 0o1777 for mode in modes} or now.kind == LINK)
    )
