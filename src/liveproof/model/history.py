"""What happened on a host, in short: runs, the fixes among them, and the deploys that were announced."""

from typing import Literal

from liveproof.model.dataclass import dataclass
from liveproof.model.verdicts import LinkVerdict

_FAMILY = 3  # letters of a code
PART = "part"

# Numbers of a pool that a run sees: hits among lookups, used memory and connections held among the workers that may
# be, all in percent; workers as a count.
MeasureName = Literal["hit_ratio", "memory", "busy", "workers"]


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A finding: ``key`` is the same for as long as it is the same one; ``severity`` is a Severity's value."""

    key: str
    code: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class AppSummary:
    """What a run said of one app.

    Attributes:
        verdict, links: values of LinkVerdict; of each link by its name.
        unseen: codes of rules that could not see all that they need, or were not asked by the configuration.
        asked: the codes and families that the run was narrowed to; empty for all.
    """

    path: str
    verdict: str
    links: tuple[tuple[str, str], ...] = ()
    findings: tuple[SeenFinding, ...] = ()
    unseen: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    def answers(self, code: str) -> bool:
        """Whether a finding of this code would have been seen."""
        named = not self.asked or code in self.asked or code[:_FAMILY] in self.asked
        return named and code not in self.unseen


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One kept run in short.

    Attributes:
        id: names it for ``liveproof report``; of a narrow one only the newest are kept whole.
        started: epoch seconds.
        kind: ``check``, ``fix``, ``rollback``, or ``part``: a check that was narrowed to some rules.
        verdict: a LinkVerdict's value.
        outcomes: of a fix, what came of its plans, in words.
        steps: of a fix, what it did, in words.
        values: measure, pool and value.
    """

    id: str
    started: float
    kind: str
    verdict: str
    apps: tuple[AppSummary, ...]
    outcomes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    values: tuple[tuple[str, str, float], ...] = ()

    @property
    def part(self) -> bool:
        """Whether only some rules were asked."""
        return self.kind == PART


@dataclass(frozen=True, slots=True)
class FixJournal:
    """A fix as its journal tells it: ``state`` is ``fixed``, ``rolled back``, ``interrupted`` …; epoch seconds."""

    id: str
    app: str
    started: float
    state: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnouncedDeploy:
    """A deploy that was announced, until when it might take, who did, and when it ended (None: nobody said so)."""

    began: float
    until: float
    by: str
    ended: float | None = None


VERDICTS = frozenset(verdict.value for verdict in LinkVerdict)
