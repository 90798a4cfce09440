"""What an alert says: what broke, where, since when, why, what follows from it, and the command that fixes it.

Pure. A message is of one alert, or of several that are told together.
"""

from collections.abc import Iterator

from liveproof.model.alerts import Claim, Delivery, DeliveryKind
from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import hide_in_path
from liveproof.report.style.escaping import utf8, visible
from liveproof.report.style.times import age, clock, iso

_SUBJECT = 160  # characters; a longer subject is folded or cut on its way
_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Message:
    """One message: ``id`` is the same however often it is sent, ``subject`` one line, ``body`` lines of plain text.

    ``good`` says that all it tells is over. ``deliveries`` are what it tells.
    """

    id: str
    host: str
    subject: str
    body: str
    good: bool
    deliveries: tuple[Delivery, ...]


def message(claim: Claim, host: str, now: float) -> Message:
    """The message of what was claimed, as it reads at some moment."""
    name = utf8(visible(host))
    if len(claim.deliveries) == 1:
        subject, lines = _one(claim.deliveries[0], name, now)
    else:
        subject, lines = _several(claim.deliveries, name, now)
    good = all(delivery.kind is DeliveryKind.RESOLVED for delivery in claim.deliveries)
    body = "\n".join(utf8(visible(line)).rstrip() for line in lines) + "\n"
    return Message(claim.token, name, _cut(f"[liveproof {name}] {subject}"), body, good, claim.deliveries)


def as_json(told: Message) -> dict[str, object]:
    """The message for programs."""
    return {
        "schema": "liveproof-alert/1", "id": told.id, "host": told.host, "subject": told.subject, "text": told.body,
        "alerts": [_as_json(delivery) for delivery in told.deliveries],
    }  # fmt: skip


def _as_json(delivery: Delivery) -> dict[str, object]:
    alert, problem = delivery.alert, delivery.alert.problem
    return {
        "id": alert.id, "kind": delivery.kind.value, "code": problem.code, "severity": problem.severity.value,
        "app": utf8(problem.app), "what": utf8(problem.what), "why": utf8(problem.why),
        "command": utf8(problem.command), "details": [utf8(each) for each in problem.details], "source": alert.source,
        "since": iso(alert.since), "resolved_at": None if alert.resolved_at is None else iso(alert.resolved_at),
    }  # fmt: skip


def _one(delivery: Delivery, host: str, now: float) -> tuple[str, Iterator[str]]:
    alert, problem = delivery.alert, delivery.alert.problem
    named = f"{problem.code} {problem.what}"
    match delivery.kind:
        case DeliveryKind.RAISED:
            subject = f"{problem.severity.value.upper()} {named}"
        case DeliveryKind.REPEATED:
            subject = f"still, for {age(now - alert.since)}: {problem.severity.value.upper()} {named}"
        case DeliveryKind.RESOLVED:
            subject = f"resolved: {named}"
        case DeliveryKind.RAISED_AND_RESOLVED:
            subject = f"was raised and is resolved: {named}"
    return subject, _lines(delivery, host, now)


def _lines(delivery: Delivery, host: str, now: float) -> Iterator[str]:
    alert, problem = delivery.alert, delivery.alert.problem
    over = delivery.kind.ends
    yield f"{_said(delivery)}{problem.what}"
    yield ""
    yield _field("where", f"{hide_in_path(problem.app)} on {host}" if problem.app else host)
    yield from _times(delivery, now)
    if problem.why:
        yield _field("why", problem.why)
    for number, each in enumerate(problem.details):
        yield _field("" if number else "caused", each)
    if over:
        return
    if problem.command:
        yield _field("do", problem.command)
    yield ""
    yield f'While you work on it: liveproof silence {problem.code} --for 2h --why "…"'
    yield f"All that is open: liveproof alert list      (this one is {alert.id})"


def _said(delivery: Delivery) -> str:
    match delivery.kind:
        case DeliveryKind.RAISED:
            return ""
        case DeliveryKind.REPEATED:
            return "Still so: "
        case DeliveryKind.RESOLVED:
            return "This is over: "
        case DeliveryKind.RAISED_AND_RESOLVED:
            return "This came and is over; it could not be sent in between: "


def _times(delivery: Delivery, now: float) -> Iterator[str]:
    alert = delivery.alert
    resolved = alert.resolved_at
    if not delivery.kind.ends or resolved is None:
        yield _field("since", f"{clock(alert.since)}, {age(now - alert.since)} ago")
        yield _field("seen", f"{clock(alert.last_seen)}, by the monitor {alert.source}")
        return
    yield _field("raised", clock(alert.since))
    yield _field("resolved", f"{clock(resolved)}, after {age(resolved - alert.since)}")


def _several(deliveries: tuple[Delivery, ...], host: str, now: float) -> tuple[str, Iterator[str]]:
    counts = [(kind, sum(each.kind is kind for each in deliveries)) for kind in DeliveryKind]
    parts = ", ".join(f"{count} {kind.value}" for kind, count in counts if count)
    return f"{len(deliveries)} alerts: {parts}", _list(deliveries, host, now)


def _list(deliveries: tuple[Delivery, ...], host: str, now: float) -> Iterator[str]:
    yield f"{len(deliveries)} alerts of {host} in one message: there were more than this channel gets in an hour."
    for delivery in deliveries:
        problem = delivery.alert.problem
        yield ""
        yield f"{delivery.kind.value.upper()}  {problem.severity.value} {problem.code}  {problem.what}"
        if problem.app:
            yield f"  {_field('where', hide_in_path(problem.app))}"
        yield from (f"  {line}" for line in _times(delivery, now))
        if problem.command and not delivery.kind.ends:
            yield f"  {_field('do', problem.command)}"


def _field(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}}{text}"


def _cut(subject: str) -> str:
    subject = utf8(visible(subject))
    return subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 1]}…"
