"""What is told to people who do not look: problems, alerts, silences, and what has to be sent where."""

from enum import Enum

from liveproof.model.dataclass import dataclass
from liveproof.model.verdicts import Severity

_FAMILY = 3  # letters of a code


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong now, by its root cause.

    Attributes:
        key: the same for as long as it is the same problem: code, app and what it is about.
        code: of the rule that found it.
        app: the app's path; empty for the whole host.
        what: what broke, in a sentence.
        why: the cause, in a sentence, or empty where nothing is known beyond ``what``.
        command: the command line that fixes it or looks closer; empty where there is none.
        details: what follows from it, a line each.
    """

    key: str
    code: str
    app: str
    severity: Severity
    what: str
    why: str = ""
    command: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem and its time: since when, last seen, resolved (None: it is still there). Epoch seconds.

    ``source`` is the monitor that saw it first.
    """

    id: str
    problem: Problem
    source: str
    since: float
    last_seen: float
    resolved_at: float | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts of a code or family are not sent until then. Epoch seconds; ``by`` is the user who asked for it."""

    code: str
    until: float
    why: str
    by: str
    made: float


class DeliveryKind(Enum):
    """What a message says of an alert. RAISED_AND_RESOLVED: it came and went before the channel could be told."""

    RAISED = "raised"
    REPEATED = "repeated"
    RESOLVED = "resolved"
    RAISED_AND_RESOLVED = "raised and resolved"

    @property
    def ends(self) -> bool:
        """Whether nothing more is to be said of the alert."""
        return self in (DeliveryKind.RESOLVED, DeliveryKind.RAISED_AND_RESOLVED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a channel is to be told of one alert.

    ``number``: how many messages it has had of it before; ``tries``: how often this one has failed.
    """

    alert: Alert
    kind: DeliveryKind
    number: int = 0
    tries: int = 0

    @property
    def id(self) -> str:
        """The same however often this has to be tried, and another one for what says something else."""
        return f"{self.alert.id}.{self.number}.{self.kind.name.lower().replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One message that is being sent: of one alert, or of several that are told together. ``token`` is its id."""

    token: str
    channel: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """What a channel wants, and how much of it.

    Attributes:
        severity: the least that it wants.
        codes: codes or families that it wants; empty for all.
        repeat_every: seconds after which an open alert is sent again; None for never.
        per_hour: messages at most; what is beyond is joined.
        state: it holds the state of alerts by itself (Alertmanager): everything due goes in one message, without a
            limit, and an open alert is sent again also while it is silenced, since it would count as resolved there.
    """

    channel: str
    severity: Severity = Severity.MEDIUM
    codes: tuple[str, ...] = ()
    repeat_every: float | None = 4 * 3600.0
    per_hour: int = 20
    state: bool = False

    def wants(self, problem: Problem) -> bool:
        """Whether alerts of this problem go there."""
        named = not self.codes or any(covers(code, problem.code) for code in self.codes)
        return named and problem.severity.rank <= self.severity.rank


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel is doing: messages that wait, failures in a row, the reason of the last, when it last worked."""

    channel: str
    waiting: int = 0
    failures: int = 0
    why: str = ""
    next_try: float = 0.0
    last_delivered: float | None = None


def covers(named: str, code: str) -> bool:
    """Whether a code or family (``FIL``) names this code."""
    return named in (code, code[:_FAMILY])
