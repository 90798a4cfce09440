"""Findings, the evidence behind them, and what a rule or a diagnosis says of them."""

from collections.abc import Iterable

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Step
from liveproof.model.verdicts import RuleVerdict, Severity


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be seen, and why; stands in the place of a fact or an answer.

    ``reason`` is a sentence for the administrator and says what to do where something can be done.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Settleable(Unknown):
    """What a rule could not see, and the step after which it can: a reload after which every script is a new one.

    Only rules answer it; a fact that could not be seen is a plain ``Unknown``.
    """

    settled_by: Step


@dataclass(frozen=True, slots=True)
class Holds:
    """What a rule looked at and found as it should be, in a few words: ``4 workers of pool 8.2/www``.

    A rule that breaks its link answers OK only with one of these: that it found no fault proves nothing where there was
    nothing to look at.
    """

    what: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A fact whose subject does not exist on this host (no Laravel, no queue worker): rules on it do not count."""

    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """What a finding is about: ``kind`` is app, pool, unit, file, process, server or host; ``id`` names it.

    A file's id is its absolute path, a pool's is ``version/name`` (``8.2/www``), a process's is ``pid@start``
    (pids are reused, pid and start time are not).
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing seen: where it was read (``/proc/812/cwd``, ``stat``), what stood there, what should stand there."""

    source: str
    saw: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that was seen.

    ``code`` may be left empty by a rule: check.py puts the rule's own code there. ``advice`` tells what a person should
    do where liveproof does not do it. ``caused_by`` are the codes that can explain just this finding, where those are
    fewer than the rule's. ``more`` counts what it is about besides the entries in ``evidence``; with ``at_least`` not
    everything was looked at, so there may be others.

    Raises:
        ValueError: built without evidence; nothing unseen is ever reported as a fault.
    """

    message: str
    about: tuple[Ref, ...]
    evidence: tuple[Evidence, ...]
    advice: str = ""
    code: str = ""
    severity: Severity | None = None
    caused_by: tuple[str, ...] = ()
    more: int = 0
    at_least: bool = False

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"a finding needs evidence: {self.message}")

    @property
    def breaks(self) -> bool:
        """Whether it breaks its link; a notice does not."""
        return self.severity is not None and self.severity.breaks

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids of what it is about, of one kind (``pool``)."""
        return tuple(ref.id for ref in self.about if ref.kind == kind)


# What a rule's check yields.
Answer = Finding | Unknown | Holds


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule answered for one app: OK, FOUND with its findings, UNKNOWN with its reason, or DISABLED by what.

    ``settled_by`` are steps after which it can see what it could not. ``holds`` is what it looked at and found right.
    """

    code: str
    rule: str
    verdict: RuleVerdict
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    settled_by: tuple[Step, ...] = ()
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A root cause with the findings that follow from it; ``why`` tells the edges in words."""

    root: Finding
    consequences: tuple[Finding, ...]
    why: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The root, then what follows from it."""
        return self.root, *self.consequences

    @property
    def breaks(self) -> bool:
        """Whether the root or something that follows from it breaks a link."""
        return any(finding.breaks for finding in self.findings)


def disabled(results: Iterable[Result]) -> tuple[str, ...]:
    """Which rules were not asked and by what, in words (``disabled by liveproof.toml: FIL001, FIL003``)."""
    codes: dict[str, list[str]] = {}
    for result in results:
        if result.verdict is RuleVerdict.DISABLED:
            codes.setdefault(result.reason, []).append(result.code)
    return tuple(f"{reason}: {', '.join(known)}" for reason, known in codes.items())
