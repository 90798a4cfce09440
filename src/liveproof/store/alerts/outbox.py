"""What has to be sent, channel by channel: claimed before it is sent, and marked as delivered or failed after.

One process sends to a channel at a time (``sending``, a lock that the kernel lets go when its holder ends). What a
process that was killed had claimed is claimed again by the next one as the same message with the same id, so that a
receiver can tell that it has it already.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

from liveproof.model.alerts import ChannelState, Claim, Delivery, DeliveryKind, Route
from liveproof.model.secrets import one_line
from liveproof.store import directory as state
from liveproof.store.alerts import tables
from liveproof.store.alerts.tables import ALERT, alert
from liveproof.store.sqlite import StoreFailed

if TYPE_CHECKING:
    import sqlite3

_HOUR = 3600.0
_TOGETHER = 200  # alerts in one message at most
# Longer than any wait before a next try, which is an hour: one that is later was set before the clock was set back.
_FAR = _HOUR + 60


class Outbox:
    """What waits to be sent.

    Args:
        routes: the channels.
        directory: by default the state directory.

    Every method raises StoreFailed where the book cannot be used: nothing was changed then.
    """

    def __init__(self, routes: Collection[Route], directory: str | None = None) -> None:
        self._routes = {route.channel: route for route in routes}
        self._database = tables.database(directory)

    @contextmanager
    def sending(self, channel: str) -> Iterator[bool]:
        """Be the one that sends to a channel; whether we are, or another process is.

        A child that was forked inside keeps the lock until it ends, too.
        """
        path = f"{self._database.directory}/alerts-{channel}.lock"
        try:
            state.ensure(self._database.directory)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        except state.UnsafeState as error:
            raise StoreFailed(str(error)) from None
        except OSError as error:
            raise StoreFailed(state.unusable(error)) from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                held = False
            yield held
        finally:
            os.close(descriptor)

    def due(self, now: float) -> tuple[str, ...]:
        """The channels that have something to be sent now: for each of them a delivery may be started."""
        with self._database.transaction() as store:
            tables.enqueue(store, self._routes.values(), now)
            return tuple(
                name
                for name, route in self._routes.items()
                if _claimed(store, name) or (_open(store, name, now) and _next(store, route, now))
            )

    def claim(self, channel: str, now: float) -> Claim | None:
        """The next message to send to a channel, worst alerts first, or None; only inside ``sending``.

        The last message that the limit per hour leaves holds all that waits.
        """
        route = self._routes[channel]
        with self._database.transaction() as store:
            left = _claimed(store, channel)
            if left:
                # Also so that nothing is sent again and again while the disk is full.
                store.execute(
                    "UPDATE delivery SET tries = tries + 1 WHERE channel = ? AND claim = ?", (channel, left.token)
                )
                return left
            tables.enqueue(store, self._routes.values(), now)
            if not _open(store, channel, now):
                return None
            deliveries = _next(store, route, now)
            if not deliveries:
                return None
            token = _token(deliveries)
            for delivery in deliveries:
                store.execute(
                    "UPDATE delivery SET claim = ?, claimed = ? WHERE alert = ? AND channel = ?",
                    (token, delivery.kind.value, delivery.alert.id, channel),
                )
        return Claim(token, channel, deliveries)

    def delivered(self, claim: Claim, now: float) -> None:
        """The message has arrived. Said twice, the second time changes nothing."""
        with self._database.transaction() as store:
            told = 0
            for delivery in claim.deliveries:
                now_told = "resolved" if delivery.kind.ends else "raised"
                told += store.execute(
                    "UPDATE delivery SET told = ?1, told_at = ?2, number = number + 1, claim = NULL, claimed = NULL, "
                    "tries = 0, due = ?2, pending = CASE WHEN ?1 = 'raised' AND EXISTS (SELECT 1 FROM alert "
                    "WHERE id = ?3 AND resolved_at IS NOT NULL) THEN 'resolved' ELSE '' END "
                    "WHERE alert = ?3 AND channel = ?4 AND claim = ?5",
                    (
                        now_told,
                        now,
                        delivery.alert.id,
                        claim.channel,
                        claim.token,
                    ),
                ).rowcount
            if not told:
                return
            store.execute("DELETE FROM sent WHERE at <= ? OR at > ?", (now - _HOUR, now + _HOUR))
            store.execute("INSERT INTO sent VALUES (?, ?)", (claim.channel, now))
            store.execute(
                "INSERT INTO channel VALUES (?1, 0, '', 0, ?2) ON CONFLICT (name) "
                "DO UPDATE SET failures = 0, why = '', next_try = 0, last_delivered = ?2",
                (claim.channel, now),
            )

    def failed(self, claim: Claim, why: str, next_try: float) -> None:
        """The message has not arrived; until then nothing is sent to the channel."""
        reason = one_line(why).encode("utf-8", "backslashreplace").decode()
        with self._database.transaction() as store:
            store.execute(
                "UPDATE delivery SET claim = NULL, claimed = NULL, tries = tries + 1, due = ? "
                "WHERE channel = ? AND claim = ?",
                (next_try, claim.channel, claim.token),
            )
            store.execute(
                "INSERT INTO channel VALUES (?1, 1, ?2, ?3, NULL) ON CONFLICT (name) "
                "DO UPDATE SET failures = failures + 1, why = ?2, next_try = ?3",
                (claim.channel, reason, next_try),
            )

    def channels(self) -> tuple[ChannelState, ...]:
        """How each channel is doing, those also that are no longer configured and still have something waiting."""
        if not self._database.exists():
            return tuple(map(ChannelState, self._routes))
        with self._database.reading() as store:
            waiting = dict(
                store.execute("SELECT channel, count(*) FROM delivery WHERE pending != '' GROUP BY channel").fetchall()
            )
            rows = {row[0]: row[1:] for row in store.execute("SELECT * FROM channel")}
        names = [*self._routes, *sorted(set(waiting) - set(self._routes))]
        return tuple(ChannelState(name, waiting.get(name, 0), *rows.get(name, ())) for name in names)


def _claimed(store: "sqlite3.Connection", channel: str) -> Claim | None:
    """What a process that was killed had claimed."""
    rows = store.execute(
        f"SELECT {ALERT}, claimed, number, tries, claim FROM delivery JOIN alert ON alert.id = delivery.alert "  # noqa: S608
        "WHERE channel = ? AND claim = (SELECT min(claim) FROM delivery WHERE channel = ? AND claim IS NOT NULL)",
        (channel, channel),
    ).fetchall()
    if not rows:
        return None
    deliveries = sorted((Delivery(alert(row), DeliveryKind(row[6]), row[7], row[8]) for row in rows), key=_order)
    return Claim(rows[0][9], channel, tuple(deliveries))


def _open(store: "sqlite3.Connection", channel: str, now: float) -> bool:
    """Whether a channel may be tried: it did not just fail."""
    row = store.execute("SELECT next_try FROM channel WHERE name = ?", (channel,)).fetchone()
    return row is None or not now < row[0] <= now + _FAR


def _next(store: "sqlite3.Connection", route: Route, now: float) -> tuple[Delivery, ...]:
    """What goes into the next message, which the limit may leave no room for."""
    sent = store.execute(
        "SELECT count(*) FROM sent WHERE channel = ? AND at > ? AND at <= ?", (route.channel, now - _HOUR, now)
    ).fetchone()[0]
    if sent >= route.per_hour and not route.state:
        return ()
    rows = store.execute(
        f"SELECT {ALERT}, pending, number, tries, told FROM delivery JOIN alert ON alert.id = delivery.alert "  # noqa: S608
        "WHERE channel = ? AND pending != '' AND claim IS NULL AND (tries = 0 OR due <= ? OR due > ?)",
        (route.channel, now, now + _FAR),
    ).fetchall()
    held = tables.silences(store, now)
    ready = []
    for row in rows:
        found, pending, told = alert(row), row[6], row[9]
        waits = tables.silenced(found.problem.code, held) and pending != "resolved"
        if (waits and not (route.state and told)) or not (told or route.wants(found.problem)):
            continue
        missed = pending == "raised" and found.resolved_at is not None
        kind = DeliveryKind.RAISED_AND_RESOLVED if missed else DeliveryKind(pending)
        ready.append(Delivery(found, kind, row[7], row[8]))
    # What failed before comes last: one message that a channel refuses does not hold back the others.
    ready.sort(key=lambda each: (each.tries > 0, _order(each)))
    together = route.state or (route.per_hour - sent == 1 and len(ready) > 1)
    return tuple(ready[: _TOGETHER if together else 1])


def _order(delivery: Delivery) -> tuple[int, float, str]:
    return delivery.alert.problem.severity.rank, delivery.alert.since, delivery.alert.id


def _token(deliveries: tuple[Delivery, ...]) -> str:
    if len(deliveries) == 1:
        return deliveries[0].id
    return blake2b("\n".join(delivery.id for delivery in deliveries).encode(), digest_size=8).hexdigest()
