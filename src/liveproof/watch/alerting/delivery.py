"""Send what is due through one channel, once. `liveproof alert deliver` does it, in a process for each channel."""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from liveproof.model.alerts import Alert, Claim, Delivery, DeliveryKind, Problem, Route
from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds
from liveproof.model.settings.alerts import AlertChannel, AlertsTable
from liveproof.model.verdicts import Severity
from liveproof.store.alerts.outbox import Outbox
from liveproof.watch.alerting.channels import NotSent
from liveproof.watch.alerting.message import message
from liveproof.watch.alerting.sending import send

REFRESH_SECONDS = 300.0  # how often an Alertmanager hears of what is open
_FIRST_WAIT, _LONGEST_WAIT = 15.0, 3600.0
_TEST_CODE = "TEST"


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one message; ``why`` it was not taken, or empty. ``next_try``: epoch seconds."""

    channel: str
    alerts: int
    subject: str
    why: str = ""
    next_try: float = 0.0


def routes(table: AlertsTable) -> tuple[Route, ...]:
    """What each configured channel wants, for the book and the outbox."""
    every = None if table.repeat_every == "never" else seconds(table.repeat_every)
    return tuple(
        Route(
            channel.name,
            Severity(channel.severity),
            channel.codes,
            REFRESH_SECONDS if channel.kind == "alertmanager" else every,
            table.per_hour,
            state=channel.kind == "alertmanager",
        )
        for channel in table.channel
    )


def deliver(outbox: Outbox, channel: AlertChannel, host: str, clock: Callable[[], float] = time.time) -> Iterator[Sent]:
    """Send what is due through a channel until nothing is, or until it fails; nothing where another process is at it.

    Raises:
        StoreFailed: the book of alerts cannot be used.
    """
    with outbox.sending(channel.name) as ours:
        while ours and (claim := outbox.claim(channel.name, clock())):
            told = message(claim, host, clock())
            try:
                send(channel, told)
            except NotSent as failed:
                next_try = clock() + wait(_failures(outbox, claim), random.random())  # noqa: S311  (a jitter)
                outbox.failed(claim, str(failed), next_try)
                yield Sent(channel.name, len(claim.deliveries), told.subject, str(failed), next_try)
                return
            outbox.delivered(claim, clock())
            yield Sent(channel.name, len(claim.deliveries), told.subject)


def try_out(channel: AlertChannel, host: str, now: float) -> None:
    """Send a message through a channel that says that it is a test.

    Raises:
        NotSent: it was not taken.
    """
    what = "this is a test of liveproof's alerts; nothing is wrong"
    problem = Problem(f"{_TEST_CODE} {channel.name}", _TEST_CODE, "", Severity.NOTICE, what)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    alert = Alert(f"test-{stamp}-{os.urandom(2).hex()}", problem, "alert test", now, now, now)
    delivery = Delivery(alert, DeliveryKind.RAISED_AND_RESOLVED)
    told = message(Claim(delivery.id, channel.name, (delivery,)), host, now)
    body = f"T{what[1:]}.\n\nSomebody ran `liveproof alert test` on {told.host}; it came through {channel.name}.\n"
    send(channel, replace(told, subject=f"[liveproof {told.host}] test: {what}", body=body))


def wait(failures: int, jitter: float) -> float:
    """Seconds before the next try: twice as long each time, an hour at most; less a quarter by jitter (0 to 1)."""
    return min(_FIRST_WAIT * 2.0 ** min(failures, 20), _LONGEST_WAIT) * (1 - jitter / 4)


def _failures(outbox: Outbox, claim: Claim) -> int:
    state = next(state for state in outbox.channels() if state.channel == claim.channel)
    return max(state.failures, *(delivery.tries for delivery in claim.deliveries))
