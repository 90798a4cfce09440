"""A rule: one file that says what a fault is, how it is seen and how it is fixed."""

from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, TypeVar

from liveproof.model.findings import Absent, Finding, Unknown
from liveproof.model.verdicts import Link, Safety, Severity

if TYPE_CHECKING:
    from liveproof.model.plan import Step

Check = Callable[..., Iterable[Finding | Unknown]]
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


# Families that judge what the app's user may do, owns or would compute.
_OF_USER = ("FIL", "LAR", "SYS")


class Rule:
    """One fault that liveproof knows.

    Args:
        code: family and number, e.g. ``FIL003``; never changed, never reused.
        severity: of its findings, unless a finding says otherwise.
        caused_by: codes whose finding, sharing a Ref with ours, explains ours.
        link: the link of the chain that a finding breaks; by default that of the family.
    """

    __slots__ = ("caused_by", "check_function", "code", "fix_function", "fix_safety", "link", "module", "severity")

    def __init__(
        self, code: str, severity: Severity, *, caused_by: tuple[str, ...] = (), link: Link | None = None
    ) -> None:
        self.code = code
        self.severity = severity
        self.caused_by = caused_by
        self.link = link or _LINKS[code[:3]]
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
        """Register the fix: called with the finding first, then the facts that its signature names."""

        def register(function: _F) -> _F:
            self.fix_function = function
            self.fix_safety = safety
            return function

        return register

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
        import sys  # noqa: PLC0415  (only `explain` and the docs ask)

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
