"""The tables of ``alerts.db``, and what is read from them.

``delivery`` has a row for each alert and each channel that is to be told of it: what it was told (``told``: nothing,
raised, resolved), and what it is to be told (``pending``). A row with a ``claim`` is being sent, as ``claimed`` says.
"""

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from liveproof.model.alerts import Alert, Problem, Route, Silence, covers
from liveproof.model.secrets import one_line
from liveproof.model.verdicts import Severity
from liveproof.store.sqlite import Database, StoreFailed

if TYPE_CHECKING:
    import sqlite3

_VERSION = 1
_TABLES = (
    """CREATE TABLE IF NOT EXISTS alert (
        id TEXT PRIMARY KEY, key TEXT NOT NULL, problem TEXT NOT NULL, source TEXT NOT NULL, since REAL NOT NULL,
        last_seen REAL NOT NULL, resolved_at REAL
    ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX IF NOT EXISTS open_alert ON alert (key) WHERE resolved_at IS NULL",
    "CREATE INDEX IF NOT EXISTS resolved_alert ON alert (resolved_at) WHERE resolved_at IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS seen (
        source TEXT NOT NULL, alert TEXT NOT NULL, PRIMARY KEY (source, alert)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS seen_alert ON seen (alert)",
    """CREATE TABLE IF NOT EXISTS delivery (
        alert TEXT NOT NULL, channel TEXT NOT NULL, told TEXT NOT NULL DEFAULT '', told_at REAL,
        number INTEGER NOT NULL DEFAULT 0, pending TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
        claim TEXT, claimed TEXT, PRIMARY KEY (alert, channel)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS pending_delivery ON delivery (channel) WHERE pending != ''",
    "CREATE INDEX IF NOT EXISTS claimed_delivery ON delivery (channel, claim) WHERE claim IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS sent (channel TEXT NOT NULL, at REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS sent_at ON sent (channel, at)",
    """CREATE TABLE IF NOT EXISTS channel (
        name TEXT PRIMARY KEY, failures INTEGER NOT NULL, why TEXT NOT NULL, next_try REAL NOT NULL, last_delivered REAL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS silence (
        code TEXT PRIMARY KEY, until REAL NOT NULL, why TEXT NOT NULL, by TEXT NOT NULL, made REAL NOT NULL
    ) WITHOUT ROWID""",
)
ALERT = "alert.id, alert.problem, alert.source, alert.since, alert.last_seen, alert.resolved_at"
_WAIT = 5.0  # s: several channels deliver at once, and each transaction waits for the disk
_LONGEST, _MOST_DETAILS = 1000, 50


def database(directory: str | None) -> Database:
    """The file of alerts, which loses nothing when the machine crashes."""
    return Database("alerts.db", _VERSION, _TABLES, "alerts", directory=directory, wait=_WAIT, synchronous="FULL")


def to_row(problem: Problem) -> str:
    """A problem as it is kept: without secrets, each text short and on one line."""
    known: dict[str, Any] = {
        name: one_line(getattr(problem, name), _LONGEST) for name in ("key", "code", "app", "what", "why", "command")
    }
    details = [one_line(each, _LONGEST) for each in problem.details[:_MOST_DETAILS]]
    if len(problem.details) > _MOST_DETAILS:
        details.append(f"and {len(problem.details) - _MOST_DETAILS} more")
    return json.dumps({**known, "severity": problem.severity.value, "details": details})


def alert(row: Sequence[Any]) -> Alert:
    """The alert of a row of the columns ``ALERT``.

    Raises:
        StoreFailed: it was not written by this version.
    """
    try:
        known = json.loads(row[1])
        problem = Problem(
            **{**known, "severity": Severity(known["severity"]), "details": tuple(known["details"])},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise StoreFailed(f"the kept alert {row[0]} cannot be read ({error}); it may be of another version") from None
    return Alert(row[0], problem, *row[2:6])


def silences(store: "sqlite3.Connection", now: float) -> tuple[Silence, ...]:
    """The silences that hold now."""
    rows = store.execute("SELECT code, until, why, by, made FROM silence WHERE until > ? ORDER BY code", (now,))
    return tuple(Silence(*row) for row in rows)


def silenced(code: str, held: Collection[Silence]) -> bool:
    """Whether one of these silences holds alerts of this code back."""
    return any(covers(silence.code, code) for silence in held)


def enqueue(store: "sqlite3.Connection", routes: Collection[Route], now: float) -> None:
    """Let every channel be told of every open alert that it wants and knows nothing of; silenced ones wait."""
    if not routes:
        return
    held = silences(store, now)
    known = set(
        store.execute("SELECT alert, channel FROM delivery JOIN alert ON alert.id = alert WHERE resolved_at IS NULL")
    )
    for row in store.execute(f"SELECT {ALERT} FROM alert WHERE resolved_at IS NULL").fetchall():  # noqa: S608
        found = alert(row)
        for route in routes:
            if (found.id, route.channel) in known or not route.wants(found.problem):
                continue
            if not silenced(found.problem.code, held):
                store.execute(
                    "INSERT INTO delivery (alert, channel, pending, due) VALUES (?, ?, 'raised', ?)",
                    (found.id, route.channel, now),
                )
