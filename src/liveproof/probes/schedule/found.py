"""What was found on the host before it is known whose app it is for; remembered as it stands.

Named tuples, since making a dataclass takes longer than reading all of them back from memory.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

from liveproof.model.secrets import hide_in_command

_T = TypeVar("_T")


def folded(each: Iterable[_T], most: int, like: Callable[[_T], Hashable], counted: Callable[[_T, int], _T]) -> list[_T]:
    """The first ``most``, and of the others those that are like none of them; the rest is counted.

    Args:
        each: what was found.
        most: how many are kept one by one.
        like: what two have in common of which one stands for both.
        counted: the first of those alike, with how many more there are.
    """
    kept: list[_T] = []
    first: dict[Hashable, int] = {}
    more: dict[Hashable, int] = {}
    for one in each:
        key = like(one)
        if len(kept) < most or key not in first:
            first.setdefault(key, len(kept))
            kept.append(one)
        else:
            more[key] = more.get(key, 0) + 1
    for key, count in more.items():
        kept[first[key]] = counted(kept[first[key]], count)
    return kept


class Found(NamedTuple):
    """A call with where it stands. In ``replacement`` and ``place`` a NUL stands for the name of the right user.

    ``more`` counts like calls of the same file that are not told one by one.
    """

    tool: str
    kind: str
    source: str
    caller: str
    line: str
    command: str
    user: str
    app: str
    replacement: str
    place: str
    more: int = 0

    def hidden(self) -> "Found":
        """The same with secrets hidden, as it may be remembered and told."""
        return self._replace(
            line=hide_in_command(self.line),
            command=hide_in_command(self.command),
            replacement=hide_in_command(self.replacement),
        )


class Said(NamedTuple):
    """What is said of a new log file: ``create`` as mode, owner and group (empty: not said), ``su`` as user and group.

    ``copies``: the old file stays in place. ``line`` and ``number`` are of the directive that names an owner.
    """

    create: bool = False
    mode: str = ""
    owner: str = ""
    group: str = ""
    su_user: str = ""
    su_group: str = ""
    copies: bool = False
    line: str = ""
    number: int = 0


class Entry(NamedTuple):
    """An entry of logrotate's configuration: where it begins, its patterns, what is said of their new files."""

    path: str
    number: int
    patterns: tuple[str, ...]
    said: Said
