"""A rule: one file that says what a fault is, how it is seen and how it is fixed."""

import sys
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from liveproof.model.findings import Absent, Answer, Finding, Unknown
from liveproof.model.history import MeasureName
from liveproof.model.questions import Question
from liveproof.model.verdicts import Link, Safety, Severity

if TYPE_CHECKING:
    from liveproof.model.plan import Step

Check = Callable[..., Iterable[Answer]]
Fix = Callable[..., "Iterable[Step]"]

_C = TypeVar("_C", bound=Check)
_F = TypeVar("_F", bound=Fix)

_LINKS = {
    "REL": Link.RELEASE,
    "FIL": Link.DISK,
    "SYS": Link.DISK,
    "CMP": Link.CACHES,
    "LAR": Link.CACHES,
    "OPC": Link.MEMORY,
    "WRK": Link.MEMORY,
    "FPM": Link.SERVICES,
    "NGX": Link.SERVICES,
    "WIR": Link.WIRE,
}

MonitorName = Literal["ownership", "writability", "fpm", "opcache", "logs", "chain"]
# The monitor of `liveproof watch` that asks a family's rules between two looks at the whole chain.
_MONITORS: dict[str, MonitorName] = {"FPM": "fpm", "NGX": "fpm", "OPC": "opcache"}


def chain_order(code: str) -> tuple[int, str]:
    """Where lists of codes have this one: by its family in the order of the chain, then by its number."""
    return tuple(_LINKS).index(code[:3]), code


# Families that judge what the app's user may do, owns or would compute.
_OF_USER = ("FIL", "LAR", "SYS")


class Rule:
    """One fault that liveproof knows.

    Args:
        code: family and number, e.g. ``FIL003``; never changed, never reused.
        severity: of its findings, unless a finding says otherwise.
        condition: what holds where the fault is not, as a sentence: one of the conditions under which its link is
            proven. Every rule that breaks its link has one.
        caused_by: codes whose finding, sharing a Ref with ours, explains ours.
        leads_to: codes that a finding of ours, sharing a Ref with theirs, explains: the same said by the cause. The
            registry joins both. ``CODE:way`` explains those findings of CODE that came about in one of its ``ways``.
        ways: the ways in which a finding comes about, where not every cause leads to each of them.
        link: the link of the chain that a finding breaks; by default that of the family.
        answers: the questions of reports that this rule answers.
        deployed: how likely the PHP files that its findings name are those of the last deploy, 0 (not) to 9.
        hidden_by_memory: what PHP-FPM keeps in memory hides the fault from visitors until it is reloaded.
        monitor: which monitor of `liveproof watch` asks it; by default that of the family, or only the whole chain's.
        alerts: its notices are alerted of as well: each finding as ``one``, or ``each`` piece of its evidence apart.
        prevents: the item of the prevention checklist (a file in prevention/items/) that its findings keep open.
        judges: the numbers of pools that its verdict depends on, which `liveproof history --plot` draws.
        only_breaks: what it saw right does not prove its link: where no other rule was asked, the link is not asked.
        past: tells of what happened, perhaps before a fix: where an older fault explains it, no fix brought it about.
        passing: may be over without anybody doing anything: a worker ends its job, PHP looks at a file again.
    """

    __slots__ = (
        "_way_of", "alerts", "answers", "caused_by", "check_function", "code", "condition", "deployed", "fix_function",
        "fix_safety", "hidden_by_memory", "judges", "leads_to", "link", "module", "monitor", "only_breaks",
        "passing", "past", "prevents", "severity", "ways",
    )  # fmt: skip

    def __init__(
        self,
        code: str,
        severity: Severity,
        *,
        condition: str = "",
        caused_by: tuple[str, ...] = (),
        leads_to: tuple[str, ...] = (),
        ways: tuple[str, ...] = (),
        link: Link | None = None,
        answers: tuple[Question, ...] = (),
        deployed: int = 0,
        hidden_by_memory: bool = False,
        monitor: MonitorName | None = None,
        alerts: Literal["", "one", "each"] = "",
        prevents: str = "",
        only_breaks: bool = False,
        past: bool = False,
        passing: bool = False,
        judges: tuple[MeasureName, ...] = (),
    ) -> None:
        self.code = code
        self.severity = severity
        self.condition = condition
        self.caused_by = caused_by
        self.leads_to = leads_to
        self.ways = ways
        self.link = link or _LINKS[code[:3]]
        self.answers = answers
        self.deployed = deployed
        self.hidden_by_memory = hidden_by_memory
        self.monitor: MonitorName = monitor or _MONITORS.get(code[:3], "chain")
        self.alerts = alerts
        self.prevents = prevents
        self.only_breaks = only_breaks
        self.past = past
        self.passing = passing
        self.judges = judges
        self._way_of: dict[str, str] = {}
        self.module = ""
        self.check_function: Check | None = None
        self.fix_function: Fix | None = None
        self.fix_safety = Safety.MANUAL

    def check(self, function: _C) -> _C:
        """Register the check; the types of its parameters are the facts that it needs."""
        self.module = function.__module__
        self.check_function = function
        return function

    def fix(self, safety: Safety) -> Callable[[_F], _F]:
        """Register the fix: called with the finding first, then the facts that its signature names.

        ``safety`` is what it costs on most hosts, for lists of rules; each step says what it costs on this one.
        """

        def register(function: _F) -> _F:
            self.fix_function = function
            self.fix_safety = safety
            return function

        return register

    def add_cause(self, code: str, way: str = "") -> None:
        """What another rule's ``leads_to`` says of this one."""
        if code not in self.caused_by:
            self.caused_by += (code,)
            self._way_of[code] = way

    def causes(self, way: str) -> tuple[str, ...]:
        """The codes that explain a finding of this rule that came about in this way."""
        return tuple(code for code in self.caused_by if self._way_of.get(code, "") in ("", way))

    def explained_by(self, effect: Finding, cause: Finding) -> bool:
        """Whether a finding of this rule follows from another: one that it names, about the same thing."""
        named = effect.caused_by or self.caused_by
        return cause.code in named and bool(set(cause.about) & set(effect.about))

    @property
    def of_user(self) -> bool:
        """Whether what it says depends on whom the app runs as: it answers UNKNOWN where nobody knows that."""
        return self.code.startswith(_OF_USER)

    @property
    def name(self) -> str:
        """The rule's name: that of its file, e.g. ``bootstrap_cache_not_writable``."""
        return self.module.rpartition(".")[2]

    @property
    def page(self) -> str:
        """The rule's page: its module's docstring in Markdown."""
        return (sys.modules[self.module].__doc__ or "").strip()

    @property
    def title(self) -> str:
        """The first line of the rule's page, without the full stop."""
        return self.page.partition("\n")[0].rstrip(".")


def needs(function: Callable[..., Any]) -> dict[str, type]:
    """The facts a check, fix or probe asks for: parameter name to fact type, in order, as its annotations name them."""
    return {name: kind for name, kind in function.__annotations__.items() if name != "return"}


def arguments(parameters: Mapping[str, Any], facts: Mapping[type, object]) -> dict[str, object] | Unknown | Absent:
    """The facts for a signature, or the first Unknown or Absent that the signature does not itself take."""
    found: dict[str, object] = {}
    for name, kind in parameters.items():
        kinds = kind.__args__ if isinstance(kind, UnionType) else (kind,)
        wanted = next(k for k in kinds if k not in (Unknown, Absent))
        value = facts.get(wanted, Unknown(f"{wanted.__name__} was not probed"))
        if isinstance(value, Unknown | Absent) and type(value) not in kinds:
            return value
        found[name] = value
    return found
