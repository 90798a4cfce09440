"""What the kinds of steps share: the places that they change, and how several become one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

from liveproof.model.plan import Act, Step
from liveproof.model.verdicts import Safety

_STRICTNESS = tuple(Safety)


class Contradiction(Exception):
    """Two findings want the same thing to become two different things; the message names what and both."""


def join(root: str, path: str) -> str:
    """The absolute path of an entry below a root; ``.`` is the root itself."""
    return root if path == "." else f"{root.rstrip('/')}/{path}"


class BelowRoot(Act):
    """An act below a root directory."""

    __slots__ = ()
    root: str

    def place(self) -> tuple[Any, ...]:
        """By root."""
        return (self.root,)

    def on(self, real: Callable[[str], str]) -> Self:
        """The same on real directories."""
        return replace(self, root=real(self.root))  # type: ignore[type-var]


class OfEntries(BelowRoot):
    """An act on entries below a root, of which it changes the ctime."""

    __slots__ = ()
    entries: tuple[Any, ...]

    def changed_paths(self) -> Iterable[str]:
        """Every entry."""
        return (join(self.root, entry.path) for entry in self.entries)


class OfOnePath(Act):
    """An act that replaces what stands at one absolute path."""

    __slots__ = ()
    path: str

    def place(self) -> tuple[Any, ...]:
        """By path."""
        return (self.path,)

    def changed_paths(self) -> Iterable[str]:
        """The path."""
        return (self.path,)

    def directories(self) -> Iterable[str]:
        """The one that it stands in."""
        return (self.path.rpartition("/")[0],)


def stricter(one: Safety, other: Safety) -> Safety:
    """The one of two safeties that admits less."""
    return max(one, other, key=_STRICTNESS.index)


def named(step: Step) -> str:
    """Who wants a step, for a message: its codes, else its reason."""
    return ", ".join(step.fixes) or step.why


_REASONS = 2  # more of them read as noise


def together(steps: Sequence[Step], act: Act) -> Step:
    """One step that stands for several: every code, two of their reasons, the strictest safety."""
    safety = steps[0].safety
    for step in steps:
        safety = stricter(safety, step.safety)
    return Step(
        act,
        "; ".join(list(dict.fromkeys(step.why for step in steps))[:_REASONS]),
        "; ".join(dict.fromkeys(step.undo for step in steps if step.undo)),
        safety,
        tuple(sorted({code for step in steps for code in step.fixes})),
        cost="; ".join(dict.fromkeys(step.cost for step in steps if step.cost)),
    )


def grouped(steps: Iterable[Step], key: Callable[[Any], object]) -> Iterator[list[Step]]:
    """The steps whose acts have the same key, in the order in which each key came first."""
    groups: dict[object, list[Step]] = {}
    for step in steps:
        groups.setdefault(key(step.act), []).append(step)
    yield from groups.values()


def alike(steps: Iterable[Step], path: Callable[[Any], str]) -> Iterator[Step]:
    """One step for each path; what is wanted of it must be the same.

    Raises:
        Contradiction: it is not.
    """
    for same in grouped(steps, path):
        other = next((step for step in same if step.act != same[0].act), None)
        if other:
            raise Contradiction(f"{named(same[0])} and {named(other)} want different things of {path(same[0].act)}")
        yield together(same, same[0].act)


def alike_and_there(steps: Iterable[Step], path: Callable[[Any], str], removed: frozenset[str]) -> Iterator[Step]:
    """As ``alike``, of what no other step removes.

    Raises:
        Contradiction: different things are wanted of one path, or it is to be removed too.
    """
    for step in alike(steps, path):
        if path(step.act) in removed:
            raise Contradiction(f"{path(step.act)} is to be removed and to be written ({', '.join(step.fixes)})")
        yield step


def entries(root: str, paths: Sequence[str]) -> str:
    """Entries below a root in words: one by its path, several by their number."""
    return join(root, paths[0]) if len(paths) == 1 else f"{len(paths)} files below {root}"
