"""Put back what was found to be a step's work: removals, directories, contents, owners and modes, then times."""

import errno
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from liveproof.host.files.snapshot import FILE, FOLDER, LINK, META, NOTHING, TIMES, WHOLE, Image, look
from liveproof.host.write import writer
from liveproof.host.write.safety import LeftAlone, why
from liveproof.model.dataclass import dataclass
from liveproof.store.journal_log import Log


@dataclass(slots=True)
class Undone:
    """What taking a step back did: the number of paths put back, and those left alone with the reason."""

    restored: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pair:
    """A path as it was before and as it is now."""

    before: Image
    now: Image


def absolute(root: str, path: str) -> str:
    """The absolute path of something below ``root``."""
    return root if path == "." else f"{root.rstrip('/')}/{path}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a step's old contents are kept, and how the names of the run's temporary files begin."""

    log: Log
    step: int
    temporary: str


class Restoring:
    """Puts paths below one root directory back.

    Args:
        root, top: the root directory's path and an open descriptor of it.
        source: where the old contents come from.
        undone: where what was done is counted.
    """

    def __init__(self, root: str, top: int, source: Source, undone: Undone) -> None:
        self._root = root
        self._top = top
        self._source = source
        self._undone = undone
        self._count = 0

    def all(self, pairs: Iterable[Pair], folders: Iterable[Image]) -> None:
        """Put the pairs back, then the times of the folders. What fails is noted, and the rest goes on.

        Raises:
            Damaged: a kept content is not whole.
        """
        remade: list[Image] = []
        for pair in sorted(pairs, key=_restore_order):
            if self._try(pair.before.path, lambda pair=pair: self._one(pair)):  # type: ignore[misc]
                self._undone.restored += 1
                if pair.before.kind == FOLDER and pair.now.kind == NOTHING:
                    remade.append(pair.before)
        for image in (*remade, *folders):
            self._try(image.path, lambda image=image: self._times(image))  # type: ignore[misc]

    def _try(self, path: str, act: Callable[[], object]) -> bool:
        try:
            act()
        except LeftAlone as error:
            self._undone.refused.append((absolute(self._root, path), error.reason))
        except OSError as error:
            self._undone.refused.append((absolute(self._root, path), why(error)))
        else:
            return True
        return False

    def _one(self, pair: Pair) -> None:
        before, now = pair.before, pair.now
        if before.kind == NOTHING:
            writer.remove(self._top, now)
        elif before.kind == FOLDER and now.kind == NOTHING:
            writer.make_directory(self._top, before.path, before.uid, before.gid, before.mode)
        elif before.scope == META or before.kind == FOLDER:
            writer.change(self._top, now, uid=before.uid, gid=before.gid, mode=before.mode if now.kind != LINK else -1)
        elif before.kind == LINK:
            writer.put_link(self._top, now, before, self._temporary_name())
        elif before.kind == FILE and before.kept >= 0:
            self._file(before, now)
        else:
            raise LeftAlone(before.path, "was no file whose content was kept, so it cannot be made again")

    def _file(self, before: Image, now: Image) -> None:
        try:
            writer.put_file(self._top, now, before, self._content(before), self._temporary_name())
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or now.kind != FILE:
                raise
            # There is no room for both: the new one, which is known to be ours, goes first.
            writer.remove(self._top, now)
            writer.put_file(
                self._top, Image(before.path, WHOLE), before, self._content(before), self._temporary_name()
            )  # fmt: skip

    def _times(self, image: Image) -> None:
        now = look(self._top, image.path, TIMES)
        if now.kind == FOLDER:
            writer.set_times(self._top, now, mtime=image.mtime, atime=image.atime)

    def _content(self, before: Image) -> Iterator[bytes]:
        return self._source.log.kept(self._source.step, before.kept, before.size)

    def _temporary_name(self) -> str:
        self._count += 1
        return f"{self._source.temporary}{self._source.step}-{self._count}"


def _restore_order(pair: Pair) -> tuple[int, int, str]:
    """What came goes first, the deepest first; then directories come back, the highest first; then the rest."""
    depth = pair.before.path.count("/")
    if pair.before.kind == NOTHING:
        return (1, -depth, "") if pair.now.kind == FOLDER else (0, 0, "")
    if pair.before.kind == FOLDER and pair.now.kind == NOTHING:
        return 2, depth, pair.before.path
    return 3, 0, pair.before.path
