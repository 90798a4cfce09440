"""Problems, and a receiver, for the tests of alerts."""

from pathlib import Path

from liveproof.model.alerts import Alert, Delivery, DeliveryKind, Problem, Route
from liveproof.model.verdicts import Severity
from liveproof.store.alerts.outbox import Outbox

NOON = 1_800_000_000.0
MAIL = Route("mail")
API = "/var/www/api-gateway/current"


def problem(
    about: str = "bootstrap/cache", code: str = "FIL003", severity: Severity = Severity.HIGH, **parts: object
) -> Problem:
    """A problem of the incident."""
    return Problem(
        f"{code} {API} {about}",
        code,
        API,
        severity,
        **{"what": f"www-data cannot write {about}", **parts},  # type: ignore[arg-type]
    )


def alert(resolved_after: float | None = None, **parts: object) -> Alert:
    """An alert of the incident, raised at noon."""
    given = problem(
        why="root ran artisan config:cache and owns the directory now.",
        command=f"liveproof fix {API} --select FIL003",
        details=("LAR001  The configuration cache is stale: 1 key differs: app.name.",),
        **parts,  # type: ignore[arg-type]
    )
    resolved = None if resolved_after is None else NOON + resolved_after
    return Alert("20270115-080000-0a1b2c3d", given, "ownership", NOON, NOON + 60, resolved)


def told(outbox: Outbox, channel: str, now: float) -> list[tuple[tuple[str, str], ...]]:
    """Deliver all that is due: for each message what it says of which problem."""
    messages = []
    while claim := outbox.claim(channel, now):
        messages.append(tuple((each.alert.problem.what, each.kind.value) for each in claim.deliveries))
        outbox.delivered(claim, now)
    return messages


def delivery(kind: DeliveryKind = DeliveryKind.RAISED, resolved_after: float | None = None) -> Delivery:
    """What a channel is to be told."""
    return Delivery(alert(resolved_after), kind)


def state(tmp_path: Path) -> str:
    """A state directory."""
    return str(tmp_path / "state")
