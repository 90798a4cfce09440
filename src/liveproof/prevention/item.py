"""An item of the prevention checklist: what it asks for, how it is judged, and what a judgement says."""

from collections.abc import Callable
from enum import Enum

from liveproof.model.dataclass import dataclass


class State(Enum):
    """How an item stands on this host."""

    DONE = "done"
    OPEN = "open"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of an item.

    Attributes:
        state: how it stands.
        saw: what was seen, in one sentence without a full stop; where nothing could be, why.
        todo: what to do, a line each; empty where nothing is to be done.
        commands: the lines to run or to put somewhere, as the last line of ``todo`` says.
    """

    state: State
    saw: str
    todo: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """An item with what was seen of it. ``codes`` are the rules that keep it open and have a fix."""

    name: str
    title: str
    seen: Seen
    codes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """How it stands."""
        return self.seen.state


class Item:
    """An item: its place in the checklist, its title, and the function that judges it.

    The function's parameters name what it needs: facts (an unseen one makes the item unknown, one that does not exist
    makes it not applicable), the ``Found`` of its rules, and the ``Place`` with this host's names. Where a rule of the
    item found something, and the function does not ask for ``Found``, the item is open with the rule's words.
    """

    __slots__ = ("function", "name", "place", "title")

    def __init__(self, place: int, title: str) -> None:
        self.place = place
        self.title = title
        self.name = ""
        self.function: Callable[..., Seen] | None = None

    def judge(self, function: Callable[..., Seen]) -> Callable[..., Seen]:
        """Register the function."""
        self.function = function
        return function
