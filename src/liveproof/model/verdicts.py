"""The words of judgement: links of the chain, verdicts, severities and the safety of a fix."""

from enum import Enum


class Link(Enum):
    """One of the six things that must hold before a deploy is live, in the order of the chain."""

    RELEASE = "release"
    DISK = "disk"
    CACHES = "caches"
    MEMORY = "memory"
    SERVICES = "services"
    WIRE = "wire"


class LinkVerdict(Enum):
    """What is known of a link; the verdict of an app is its weakest link."""

    PROVEN = "proven"
    BROKEN = "broken"
    UNPROVEN = "unproven"
    NOT_ASKED = "not asked"


class RuleVerdict(Enum):
    """What a rule answers. UNKNOWN always comes with its reason; DISABLED was not asked, as the configuration wants."""

    OK = "ok"
    FOUND = "found"
    UNKNOWN = "unknown"
    DISABLED = "disabled"


class Severity(Enum):
    """How bad a finding is. A NOTICE is reported and does not break its link."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    NOTICE = "notice"

    @property
    def breaks(self) -> bool:
        """Whether a finding of this severity breaks its link."""
        return self is not Severity.NOTICE

    @property
    def rank(self) -> int:
        """0 for the worst, so that sorting puts the worst first."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Safety(Enum):
    """What a step costs on this host.

    SAFE: no request is lost, and only the app's own files change. CONFIG: edits the configuration of a service; shown
    as a diff, tested, applied with ``--allow config`` or when asked. DROPS: delays or drops requests; applied with
    ``--allow drops`` or when asked. MANUAL: shown, never applied.
    """

    SAFE = "safe"
    CONFIG = "config"
    DROPS = "drops"
    MANUAL = "manual"

    @classmethod
    def _missing_(cls, value: object) -> "Safety | None":
        """What runs of earlier versions were kept with."""
        return cls.DROPS if value == "disruptive" else None
