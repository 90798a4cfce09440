"""Give entries of a tree another owner."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Step
from liveproof.steps.merging import Contradiction, OfEntries, entries, join, named, together


@dataclass(frozen=True, slots=True)
class Owned:
    """One entry of a tree whose owner is to change: path below the tree's root, and the numeric owner it has now."""

    path: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ChangeOwner(OfEntries):
    """Give entries below ``root`` (absolute; ``.`` is the root itself) to ``uid``:``gid``. Never follows a link.

    ``root`` holds no symbolic link in any part (a ``current`` or ``storage`` that is a link: the directory behind it).
    A ``uid`` or ``gid`` of -1 leaves that half as it is. ``names`` is the owner in words (``www-data:www-data``).
    """

    order: ClassVar[int] = 20

    root: str
    entries: tuple[Owned, ...]
    uid: int
    gid: int
    names: str

    def describe(self) -> str:
        """What is done, in words."""
        return f"chown {entries(self.root, [entry.path for entry in self.entries])} to {self.names}"

    def details(self) -> tuple[str, ...]:
        """Each entry with its owner now."""
        return tuple(f"{entry.path} (now {_name(entry.uid)}:{_name(entry.gid)})" for entry in self.entries)

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each entry once, those with one root and one new owner in one step; halves of an owner become a whole."""
        if len(steps) == 1:  # with nothing to join; there may be very many entries
            yield from _alone(steps[0], removed)
            return
        wanted: dict[str, _Wanted] = {}
        for step in steps:
            assert isinstance(step.act, ChangeOwner)
            for entry in step.act.entries:
                path = join(step.act.root, entry.path)
                known = wanted.get(path, _Wanted(step.act.root, entry))
                wanted[path] = known.joined(path, entry, step, step.act)
        groups: dict[tuple[str, int, int, str], tuple[list[Owned], list[Step]]] = {}
        for path, one in wanted.items():
            if path in removed or (one.uid in (-1, one.entry.uid) and one.gid in (-1, one.entry.gid)):
                continue
            changed, reasons = groups.setdefault((one.root, one.uid, one.gid, one.names), ([], []))
            changed.append(one.entry)
            reasons += [step for step in one.steps if step not in reasons]
        for (root, uid, gid, names), (changed, reasons) in groups.items():
            yield together(
                reasons, ChangeOwner(root, tuple(sorted(changed, key=lambda entry: entry.path)), uid, gid, names)
            )


def _alone(step: Step, removed: frozenset[str]) -> Iterator[Step]:
    act = step.act
    assert isinstance(act, ChangeOwner)
    found = {
        entry.path: entry
        for entry in act.entries
        if not (act.uid in (-1, entry.uid) and act.gid in (-1, entry.gid))
        and not (removed and join(act.root, entry.path) in removed)
    }
    if found:
        yield together([step], replace(act, entries=tuple(found[path] for path in sorted(found))))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is wanted of one entry by the ``steps`` so far."""

    root: str
    entry: Owned
    uid: int = -1
    gid: int = -1
    names: str = ""
    steps: tuple[Step, ...] = ()

    def joined(self, path: str, entry: Owned, step: Step, act: ChangeOwner) -> "_Wanted":
        if self.entry != replace(entry, path=self.entry.path):
            raise Contradiction(f"the owner of {path} was seen differently by {named(self.steps[0])} and {named(step)}")
        if any(-1 not in (have, want) and have != want for have, want in ((self.uid, act.uid), (self.gid, act.gid))):
            raise Contradiction(
                f"{named(self.steps[0])} wants {path} to belong to {self.names}, {named(step)} to {act.names}"
            )
        return _Wanted(
            self.root,
            self.entry,
            act.uid if self.uid == -1 else self.uid,
            act.gid if self.gid == -1 else self.gid,
            self.names if act.names in self.names else ", ".join(filter(None, (self.names, act.names))),
            (*self.steps, step),
        )


def _name(number: int) -> str:
    return "root" if number == 0 else str(number)
