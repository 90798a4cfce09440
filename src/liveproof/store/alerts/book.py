"""The book of alerts: what is wrong, since when, until when, what is silenced, and whom that has to be told."""

import os
import time
from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING

from liveproof.model.alerts import Alert, Problem, Route, Silence
from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import one_line
from liveproof.store.alerts import tables
from liveproof.store.alerts.tables import ALERT, alert

if TYPE_CHECKING:
    import sqlite3

KEPT_SECONDS = 90 * 86400.0
KEPT_ALERTS = 10_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look has changed."""

    raised: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()


class AlertBook:
    """The alerts of this host.

    Args:
        routes: the channels; what has to be sent is queued for those that want it.
        directory: by default the state directory.

    Every method raises StoreFailed where the book cannot be used: nothing was changed then.
    """

    def __init__(self, routes: Collection[Route] = (), directory: str | None = None) -> None:
        self._routes = tuple(routes)
        self._database = tables.database(directory)

    def reconcile(
        self,
        source: str,
        problems: Iterable[Problem],
        now: float,
        *,
        unseen: Callable[[Problem], bool] = lambda _: False,
    ) -> Changes:
        """Make the book say what a monitor has just seen, and queue what has to be sent.

        A key that is new raises an alert, one that is still there is refreshed, one that this source no longer sees is
        resolved, unless another source still sees it.

        Args:
            source: the monitor's name.
            problems: all that it sees; of two with the same key the first counts.
            now: epoch seconds.
            unseen: whether this look could not tell if a problem is still there (its rule was UNKNOWN): it then stays.
        """
        with self._database.transaction() as store:
            raised, here = [], set()
            for problem in problems:
                name, new = _raise_or_refresh(store, source, problem, now)
                here.add(name)
                raised += [new] if new else []
            resolved = _resolve_missing(store, source, here, unseen, now)
            tables.enqueue(store, self._routes, now)
            if raised or resolved:
                _forget(store, now)
        return Changes(tuple(raised), tuple(resolved))

    def repeat_due(self, now: float) -> int:
        """Queue alerts that are still open for the channels that heard of them longest ago; how many.

        Also queues what a silence that has ended held back, and what a new channel does not know of.
        """
        count = 0
        with self._database.transaction() as store:
            tables.enqueue(store, self._routes, now)
            held = tables.silences(store, now)
            for route in self._routes:
                if route.repeat_every is None:
                    continue
                rows = store.execute(
                    f"SELECT {ALERT} FROM delivery JOIN alert ON alert.id = delivery.alert "  # noqa: S608
                    "WHERE channel = ? AND told = 'raised' AND pending = '' AND claim IS NULL AND resolved_at IS NULL "
                    "AND told_at <= ?",
                    (route.channel, now - route.repeat_every),
                ).fetchall()
                for found in map(alert, rows):
                    if route.wants(found.problem) and (route.state or not tables.silenced(found.problem.code, held)):
                        store.execute(
                            "UPDATE delivery SET pending = 'repeated', due = ?, tries = 0 "
                            "WHERE alert = ? AND channel = ?",
                            (now, found.id, route.channel),
                        )
                        count += 1
        return count

    def open_alerts(self) -> tuple[Alert, ...]:
        """What is wrong now, silenced or not: the worst first, then the oldest."""
        if not self._database.exists():
            return ()
        with self._database.reading() as store:
            rows = store.execute(f"SELECT {ALERT} FROM alert WHERE resolved_at IS NULL").fetchall()  # noqa: S608
        return tuple(sorted(map(alert, rows), key=lambda each: (each.problem.severity.rank, each.since, each.id)))

    def since(self, at: float, limit: int = 1000) -> tuple[Alert, ...]:
        """Alerts that were open at some moment since then, resolved ones too, newest first."""
        if not self._database.exists():
            return ()
        with self._database.reading() as store:
            rows = store.execute(
                f"SELECT {ALERT} FROM alert WHERE resolved_at IS NULL OR resolved_at >= ? "  # noqa: S608
                "ORDER BY since DESC, id DESC LIMIT ?",
                (at, limit),
            ).fetchall()
        return tuple(map(alert, rows))

    def silence(self, code: str, until: float, why: str, by: str, now: float) -> Silence:
        """Send nothing of a code or family until then; takes the place of an earlier silence of the same word."""
        made = Silence(code, until, _kept(why), _kept(by), now)
        with self._database.transaction() as store:
            store.execute(
                "INSERT OR REPLACE INTO silence VALUES (?, ?, ?, ?, ?)", (code, until, made.why, made.by, now)
            )
        return made

    def silences(self, now: float) -> tuple[Silence, ...]:
        """The silences that hold now."""
        if not self._database.exists():
            return ()
        with self._database.reading() as store:
            return tables.silences(store, now)

    def end_silence(self, code: str, now: float) -> bool:
        """End a silence now; whether there was one. What it held back, and is still open, is queued."""
        with self._database.transaction() as store:
            ended = store.execute("DELETE FROM silence WHERE code = ? AND until > ?", (code, now)).rowcount > 0
            tables.enqueue(store, self._routes, now)
        return ended


def _raise_or_refresh(
    store: "sqlite3.Connection", source: str, problem: Problem, now: float
) -> tuple[str, Alert | None]:
    """The id of a problem's alert, and the alert where it is new."""
    key = blake2b(problem.key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    kept = tables.to_row(problem)
    known = store.execute("SELECT id FROM alert WHERE key = ? AND resolved_at IS NULL", (key,)).fetchone()
    new = None
    if known:
        name = known[0]
        store.execute("UPDATE alert SET problem = ?, last_seen = ? WHERE id = ?", (kept, now, name))
    else:
        name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{os.urandom(4).hex()}"
        store.execute("INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, NULL)", (name, key, kept, source, now, now))
        new = alert((name, kept, source, now, now, None))
    store.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (source, name))
    return name, new


def _resolve_missing(
    store: "sqlite3.Connection", source: str, here: set[str], unseen: Callable[[Problem], bool], now: float
) -> list[Alert]:
    """Resolve what only this source saw and sees no longer."""
    rows = store.execute(
        f"SELECT {ALERT} FROM seen JOIN alert ON alert.id = seen.alert "  # noqa: S608
        "WHERE seen.source = ? AND resolved_at IS NULL",
        (source,),
    ).fetchall()
    resolved = []
    for found in map(alert, rows):
        if found.id in here or unseen(found.problem):
            continue
        store.execute("DELETE FROM seen WHERE source = ? AND alert = ?", (source, found.id))
        if store.execute("SELECT 1 FROM seen WHERE alert = ? LIMIT 1", (found.id,)).fetchone():
            continue
        at = max(now, found.since)  # the clock may have been set back
        store.execute("UPDATE alert SET resolved_at = ? WHERE id = ?", (at, found.id))
        # What was never told stays pending as it is, and is told as raised and resolved.
        store.execute(
            "UPDATE delivery SET pending = 'resolved', due = ?, tries = 0 WHERE alert = ? AND told = 'raised'",
            (now, found.id),
        )
        resolved.append(alert((found.id, tables.to_row(found.problem), found.source, found.since, found.last_seen, at)))
    return resolved


def _forget(store: "sqlite3.Connection", now: float) -> None:
    """Drop resolved alerts after 90 days, and the oldest beyond 10,000 of which all has been sent."""
    store.execute(
        "DELETE FROM alert WHERE resolved_at < ? OR id IN (SELECT id FROM alert WHERE resolved_at IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.alert = alert.id AND pending != '') "
        "ORDER BY resolved_at DESC LIMIT -1 OFFSET ?)",
        (now - KEPT_SECONDS, KEPT_ALERTS),
    )
    store.execute("DELETE FROM delivery WHERE alert NOT IN (SELECT id FROM alert)")
    store.execute("DELETE FROM seen WHERE alert NOT IN (SELECT id FROM alert)")
    store.execute("DELETE FROM silence WHERE until < ?", (now - KEPT_SECONDS,))


def _kept(text: str) -> str:
    return one_line(text).encode("utf-8", "backslashreplace").decode()
