"""A step that was looked at and may begin."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from liveproof.host.files.snapshot import FILE, TIMES, WHOLE, Image, look, read_tree, read_whole
from liveproof.host.write.safety import LeftAlone
from liveproof.repair.undo_step import Places
from liveproof.store.journal_log import Keeper


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Ready:
    """A step with what stands there before it.

    Attributes:
        before, goals, trees: as in ``repair.undo_step.Begun``.
        do: carries it out and returns what stands there after.
        then: judges what came of it, once that is written down; raises when it is not good.
        said: what its command printed, secrets taken out, once it ran.
    """

    before: Places
    do: Callable[[], Places]
    goals: Places = ()
    trees: tuple[tuple[str, str], ...] = ()
    then: Callable[[], None] = _nothing
    said: Callable[[], str] = str


def whole(top: int, path: str, keeper: Keeper | None) -> Image:
    """What stands at ``path``, its content copied when there is a keeper.

    Raises:
        LeftAlone: a file with several hard links, which cannot be put back as it was.
        TooMuch: there is no room to copy it.
        OSError: it cannot be read.
    """
    links = look(top, path)
    if links.kind == FILE and links.links > 1:
        raise LeftAlone(
            path, f"has {links.links} hard links: the same file stands elsewhere too and could change there"
        )
    if keeper is None:
        return look(top, path, WHOLE) if links.kind != FILE else replace(links, scope=WHOLE)
    offset = keeper.size
    image = read_whole(top, path, keeper.keep)
    return replace(image, kept=offset) if image.kind == FILE else image


def again(top: int, before: tuple[Image, ...], trees: tuple[str, ...] = ()) -> tuple[Image, ...]:
    """What stands now where ``before`` was seen, and at and below ``trees``.

    Raises:
        OSError: it cannot be read.
    """
    found: dict[tuple[str, bool], Image] = {}
    for image in before:
        found[image.path, image.scope == TIMES] = (
            read_whole(top, image.path) if image.scope == WHOLE else look(top, image.path, image.scope)
        )
    for path in trees:
        for image in read_tree(top, path, lambda name: read_whole(top, name)):
            found.setdefault((image.path, image.scope == TIMES), image)
    return tuple(found.values())


def parent(path: str) -> str:
    """The directory of a path below a root."""
    return path.rpartition("/")[0] or "."
