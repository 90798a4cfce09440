"""A plan for one app, its steps, and what came of it. The kinds of steps stand in steps/; repair carries them out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, ClassVar, Self

from liveproof.model.dataclass import dataclass
from liveproof.model.verdicts import Safety


class Act(ABC):
    """What a step does: a frozen dataclass of one of the kinds in steps/, which registers itself by being defined.

    Paths are absolute, or below the ``root`` beside them.

    Attributes:
        order: the place of its kind in a plan; no two kinds have the same.
        service: whether it acts on a service, and so waits until the files are proven to be right.
        recompiles: whether PHP would compile something else after it.
        details_shown: how many lines of ``details`` a report shows.
    """

    __slots__ = ()
    kinds: ClassVar[dict[str, type["Act"]]] = {}
    order: ClassVar[int]
    service: ClassVar[bool] = False
    recompiles: ClassVar[bool] = False
    details_shown: ClassVar[int] = 5

    def __init_subclass__(cls) -> None:
        if "order" in vars(cls):  # else it is what several kinds share
            cls.kinds[cls.__name__] = cls  # a dataclass with slots is made twice; the second one counts

    @abstractmethod
    def describe(self) -> str:
        """What is done, in words: ``give 12 entries below /var/www/x to www-data:www-data``."""

    def details(self) -> tuple[str, ...]:
        """What is touched, a line each."""
        return ()

    def shell(self) -> tuple[str, ...]:
        """The commands of a shell that do the same; empty for a change of files, which only liveproof does safely."""
        return ()

    def place(self) -> tuple[Any, ...]:
        """Its place among its kind."""
        return ()

    def on(self, real: Callable[[str], str]) -> Self:
        """The same on real directories: ``real`` resolves the link that an app is served by."""
        return self

    def changed_paths(self) -> Iterable[str]:
        """The absolute paths of what is there and gets another content, owner or mode, or goes."""
        return ()

    def directories(self) -> Iterable[str]:
        """The absolute paths of the directories in which something is made, replaced or removed."""
        return ()

    def made_directories(self) -> Iterable[str]:
        """The absolute paths of the directories that it makes."""
        return ()

    def removed_paths(self) -> Iterable[str]:
        """The absolute paths of what goes."""
        return ()

    def lasting(self) -> Self:
        """The same without what changes by itself on a busy host from one look to the next."""
        return self

    @property
    def least_safety(self) -> Safety:
        """What it costs at least, wherever it is done."""
        return Safety.SAFE

    @property
    def empties_memory(self) -> bool:
        """Whether what PHP-FPM keeps in memory is gone after it."""
        return False

    @classmethod
    @abstractmethod
    def merge(cls, steps: "Sequence[Step]", removed: frozenset[str]) -> "Iterable[Step]":
        """Steps of this kind as few that do the same; ``removed`` are paths that other steps remove.

        Raises:
            steps.merging.Contradiction: two steps want different things of the same path.
        """


@dataclass(frozen=True, slots=True)
class Step:
    """One act with its reason. ``undo`` says in words how it is undone; planning fills in the codes it ``fixes``.

    ``safety`` is never less than what such an act costs on any host.
    ``cost``: why it is not safe on this host, in words, with the number where one was measured.
    ``further``: it fixes what would bring the fault back, not the fault; where it is not allowed it alone is held back.

    Raises:
        ValueError: a step that cannot be undone calls itself safe.
    """

    act: Act
    why: str
    undo: str
    safety: Safety = Safety.SAFE
    fixes: tuple[str, ...] = ()
    further: bool = False
    cost: str = ""

    def __post_init__(self) -> None:
        if self.safety is Safety.SAFE and self.act.least_safety is not Safety.SAFE:
            object.__setattr__(self, "safety", self.act.least_safety)
        if not self.undo and self.safety is Safety.SAFE:
            raise ValueError(f"a step without an undo is not safe: {self.why}")

    @property
    def what(self) -> str:
        """What is done, in words."""
        return self.act.describe()


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of their application, the codes they fix, and a digest of what they were made from.

    ``app`` is the path of the app as it is served. ``manual`` holds the findings that a person must fix: code and
    advice. ``held_back`` holds steps that ``--allow`` with their safety would add. ``follows`` holds findings that no
    step fixes because they should go with their cause: code and the cause's code. ``notices`` holds steps for findings
    that break nothing, which ``--notices`` would add. ``settles`` are codes of rules that could not see something and
    can after the steps.
    """

    app: str
    steps: tuple[Step, ...]
    held_back: tuple[Step, ...]
    fixes: tuple[str, ...]
    manual: tuple[tuple[str, str], ...]
    digest: str
    follows: tuple[tuple[str, str], ...] = ()
    notices: tuple[Step, ...] = ()
    settles: tuple[str, ...] = ()

    @property
    def needing_a_person(self) -> tuple[str, ...]:
        """The codes that nothing fixes unless a person acts, or allows a step."""
        held = (code for step in self.held_back for code in step.fixes)
        return tuple(dict.fromkeys((*(code for code, _ in self.manual), *held)))


SAFE_ONLY = frozenset({Safety.SAFE})
EVERYTHING = frozenset(Safety) - {Safety.MANUAL}


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Which steps a plan holds.

    Attributes:
        allow: the safety of steps that are applied without a question about each.
        accepted: steps that a person accepted although their safety is not allowed, by what they do (``Step.what``).
        notices: also steps for findings that break nothing.
        reload: PHP-FPM is reloaded also where scripts could be compiled again without.
        select: codes and families of the findings that are planned for (``FIL003``, ``OPC``); empty: all.
    """

    allow: frozenset[Safety] = SAFE_ONLY
    accepted: frozenset[str] = frozenset()
    notices: bool = False
    reload: bool = False
    select: frozenset[str] = frozenset()

    def admits(self, step: Step) -> bool:
        """Whether a step is applied."""
        return step.safety in self.allow or (step.safety is not Safety.MANUAL and step.what in self.accepted)

    def covers(self, code: str) -> bool:
        """Whether steps are planned for findings of this code."""
        return not self.select or code in self.select or code[:3] in self.select


def allow_option(steps: Iterable[Step]) -> str:
    """The option of ``fix`` that lets these steps through; empty where all are safe."""
    needed = {step.safety for step in steps} & {Safety.CONFIG, Safety.DROPS}
    if len(needed) > 1:
        return "--allow disruptive"
    return "".join(f"--allow {safety.value}" for safety in needed)


class OutcomeKind(Enum):
    """What came of a plan.

    ``fixed in part``: what the plan was for is gone, but not all that was found. ``settled``: nothing was to be
    fixed by it, and what could not be seen before is seen now; the reason names what is broken all the same.
    """

    FIXED = "fixed"
    SETTLED = "settled"
    PARTLY = "fixed in part"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"
    NOTHING_TO_DO = "nothing to do"

    @property
    def stands(self) -> bool:
        """Whether what the plan changed stands, so that it can be rolled back."""
        return self in (OutcomeKind.FIXED, OutcomeKind.SETTLED, OutcomeKind.PARTLY)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan: ``reason`` tells why it was not fixed, or what remains; ``run`` names it for rollback.

    ``would_drop``: it can be done now only in a way that may drop requests.
    """

    kind: OutcomeKind
    reason: str = ""
    run: str = ""
    would_drop: bool = False
