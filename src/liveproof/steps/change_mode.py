"""Set permission bits of entries of a tree."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Step
from liveproof.steps.merging import Contradiction, OfEntries, entries, join, named, together


@dataclass(frozen=True, slots=True)
class Moded:
    """One entry of a tree whose mode is to change: path below the root, the permission bits now and then."""

    path: str
    mode: int
    new: int


@dataclass(frozen=True, slots=True)
class ChangeMode(OfEntries):
    """Set permission bits of entries below ``root``. Never follows a link."""

    order: ClassVar[int] = 30

    root: str
    entries: tuple[Moded, ...]

    def describe(self) -> str:
        """What is done, in words."""
        modes = {f"{entry.new:04o}" for entry in self.entries}
        to = f" to {modes.pop()}" if len(modes) == 1 else ""
        return f"chmod {entries(self.root, [entry.path for entry in self.entries])}{to}"

    def details(self) -> tuple[str, ...]:
        """Each entry with its mode now and then."""
        return tuple(f"{entry.path} ({entry.mode:04o} to {entry.new:04o})" for entry in self.entries)

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each entry once, those with one root in one step.

        Each rule adds or takes bits of the mode that all of them saw, so their changes never contradict each other.
        """
        wanted: dict[str, tuple[str, Moded, list[Step]]] = {}
        for step in steps:
            assert isinstance(step.act, ChangeMode)
            for entry in step.act.entries:
                path = join(step.act.root, entry.path)
                root, observed, by = wanted.get(path, (step.act.root, replace(entry, new=entry.mode), []))
                if observed.mode != entry.mode:
                    raise Contradiction(f"the mode of {path} was seen differently by {named(by[0])} and {named(step)}")
                changed = (observed.new ^ observed.mode) | (entry.new ^ entry.mode)
                wanted[path] = (root, replace(observed, new=observed.mode ^ changed), [*by, step])
        groups: dict[str, tuple[list[Moded], list[Step]]] = {}
        for path, (root, observed, by) in wanted.items():
            if path not in removed and observed.new != observed.mode:
                found, reasons = groups.setdefault(root, ([], []))
                found.append(observed)
                reasons += [step for step in by if step not in reasons]
        for root, (found, reasons) in groups.items():
            yield together(reasons, ChangeMode(root, tuple(sorted(found, key=lambda entry: entry.path))))
