"""Every run, kept in SQLite below the state directory, so that a report can be made of it later and compared.

A store that cannot be used (full or read-only disk, locked, damaged, written by a newer version) costs the record,
never the check: ``StoreFailed`` is reported on standard error and nothing else follows from it.

Each run has a row in ``run`` with its whole body, and one in ``summary`` with the few hundred bytes that the history
shows. Narrow runs of the watcher soon lose their body; their summary is kept as long as that of any other run.
"""

import json
import os
import time
import zlib
from typing import TYPE_CHECKING

from liveproof.model.dataclass import dataclass
from liveproof.model.history import PART, AnnouncedDeploy, RunSummary
from liveproof.model.run_record import Record
from liveproof.model.secrets import one_line
from liveproof.model.settings.history import HistoryTable
from liveproof.store.history.retention import forget
from liveproof.store.history.run_bodies import record_from_json, record_to_json
from liveproof.store.history.summaries import bare, dumps, loads, summarised
from liveproof.store.sqlite import Database, StoreFailed

if TYPE_CHECKING:
    import sqlite3

VERSION = 2
_OLDEST = 1  # had only the table run, and can be read as it is
# Run again on a database of an earlier version, in one transaction, they make it one of this version.
_TABLES = (
    """CREATE TABLE IF NOT EXISTS run (
        id TEXT PRIMARY KEY, started REAL NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, apps TEXT NOT NULL,
        body BLOB NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS run_of_apps ON run (apps, kind)",
    # size: bytes of both rows. about: NULL where it has to be made from the body.
    """CREATE TABLE IF NOT EXISTS summary (
        id TEXT PRIMARY KEY, started REAL NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, size INTEGER NOT NULL,
        about TEXT
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS summary_started ON summary (started)",
    "CREATE INDEX IF NOT EXISTS summary_size ON summary (size)",
    "INSERT OR IGNORE INTO summary SELECT id, started, kind, verdict, length(body), NULL FROM run",
    """CREATE TABLE IF NOT EXISTS deploy (
        began REAL PRIMARY KEY, until REAL NOT NULL, by TEXT NOT NULL, ended REAL
    ) WITHOUT ROWID""",
)
_CATCH_UP_SECONDS = 10.0
_LIMITS = HistoryTable()


class NoSuchRun(Exception):
    """No kept run has that id; the message names those that have."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a list: ``apps`` are paths, ``verdict`` a LinkVerdict's value, ``started`` epoch seconds."""

    id: str
    started: float
    kind: str
    verdict: str
    apps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summaries:
    """Runs in short, in the order of time: those ``before`` tell how things stood when the others began.

    ``unread`` counts runs of an earlier version for which there was no time left, or whose body cannot be read.
    """

    before: tuple[RunSummary, ...] = ()
    runs: tuple[RunSummary, ...] = ()
    unread: int = 0


def new_id(started: float) -> str:
    """An id for a run that started then: UTC, sortable, with a random tail against two runs in one second."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(started))}-{os.urandom(2).hex()}"


class History:
    """The kept runs of this host, in ``history.db`` of the given directory (by default the state directory)."""

    def __init__(self, directory: str | None = None) -> None:
        self._database = Database("history.db", VERSION, _TABLES, "history", directory=directory, oldest=_OLDEST)

    def save(self, record: Record, limits: HistoryTable = _LIMITS) -> None:
        """Keep a run under its id, then forget what is too old, or too much (see ``retention``).

        Raises:
            StoreFailed: it could not be kept; what was kept before is untouched.
        """
        examination = record.examination
        text = json.dumps(record_to_json(record), separators=(",", ":"), check_circular=False)
        apps = json.dumps([app.app.path for app in examination.apps])
        summary = summarised(record)
        about = dumps(summary)
        body = zlib.compress(text.encode(), 1)
        names = (record.id, examination.started, summary.kind, examination.verdict.value)
        with self._database.transaction() as store:
            store.execute("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?)", (*names, apps, body))
            store.execute(
                "INSERT OR REPLACE INTO summary VALUES (?, ?, ?, ?, ?, ?)", (*names, len(body) + len(about), about)
            )
            forget(store, limits, examination.started, self._undoable())

    def runs(self, limit: int = 50) -> tuple[Run, ...]:
        """The newest runs, newest first, without those of only some rules.

        Raises:
            StoreFailed: the history cannot be read.
        """
        if not self._database.exists():
            return ()
        with self._database.reading() as store:
            rows = store.execute(
                "SELECT id, started, kind, verdict, apps FROM run WHERE kind != ? ORDER BY id DESC LIMIT ?",
                (PART, limit),
            )
            return tuple(Run(row[0], row[1], row[2], row[3], tuple(json.loads(row[4]))) for row in rows)

    def load(self, id: str) -> Record:
        """The run with this id, or with the only id that begins so.

        Raises:
            NoSuchRun: there is none, or more than one.
            StoreFailed: the history cannot be read.
        """
        if not self._database.exists():
            raise NoSuchRun("no run is kept yet; `liveproof check` makes one")
        with self._database.reading() as store:
            rows = store.execute(
                "SELECT id, body FROM run WHERE id = ? OR substr(id, 1, ?) = ? ORDER BY id = ? DESC LIMIT 3",
                (id, len(id), id, id),
            ).fetchall()
        if not rows or (len(rows) > 1 and rows[0][0] != id):
            raise NoSuchRun(self._which(id, [row[0] for row in rows]))
        try:
            return record_from_json(json.loads(zlib.decompress(rows[0][1])))
        except (ValueError, KeyError, TypeError, AttributeError, ImportError, zlib.error) as error:
            raise StoreFailed(
                f"the kept run {rows[0][0]} cannot be read ({error}); it may be of another version"
            ) from None

    def summaries(self, since: float) -> Summaries:
        """The runs that started since then (epoch seconds), in short, and how things stood before them.

        What an earlier version kept is read from its body once, for 10 s at most, the newest first.

        Raises:
            StoreFailed: the history cannot be read.
        """
        if not self._database.exists():
            return Summaries()
        with self._database.reading() as store:
            rows = _rows(store, since)
        kept, made, unread = [], {}, 0
        end = time.monotonic() + _CATCH_UP_SECONDS
        for name, started, kind, verdict, about in reversed(rows):
            summary = loads(name, started, kind, verdict, about) if about else None
            if summary is None and time.monotonic() < end:
                summary = made[name] = self._summary_of_body(name)
            unread += summary is None
            kept.append(summary or bare(name, started, kind, verdict))
        self._keep_summaries([summary for summary in made.values() if summary])
        kept.sort(key=lambda run: (run.started, run.id))
        before = tuple(run for run in kept if run.started < since)
        return Summaries(before, tuple(kept[len(before) :]), unread)

    def deploy_began(self, deploy: AnnouncedDeploy) -> None:
        """Remember a deploy that was announced.

        Raises:
            StoreFailed: it could not be kept.
        """
        row = (deploy.began, deploy.until, one_line(deploy.by), deploy.ended)
        with self._database.transaction() as store:
            store.execute("INSERT OR REPLACE INTO deploy VALUES (?, ?, ?, ?)", row)

    def deploy_ended(self, began: float, ended: float) -> None:
        """Remember when the deploy that began then has ended.

        Raises:
            StoreFailed: it could not be kept.
        """
        with self._database.transaction() as store:
            store.execute("UPDATE deploy SET ended = ? WHERE began = ?", (ended, began))

    def deploys(self, since: float) -> tuple[AnnouncedDeploy, ...]:
        """The deploys that were announced since then (epoch seconds), in the order of time.

        Raises:
            StoreFailed: the history cannot be read.
        """
        if not self._database.exists():
            return ()
        with self._database.reading() as store:
            if _version(store) < VERSION:
                return ()
            rows = store.execute("SELECT began, until, by, ended FROM deploy WHERE began >= ? ORDER BY began", (since,))
            return tuple(AnnouncedDeploy(*row) for row in rows)

    def _summary_of_body(self, id: str) -> RunSummary | None:
        try:
            return summarised(self.load(id))
        except (NoSuchRun, StoreFailed):
            return None

    def _keep_summaries(self, summaries: list[RunSummary]) -> None:
        """Keep what was made from bodies, so that it is made once; on a read-only disk it is made each time."""
        if not summaries:
            return
        rows = [(text, len(text), summary.id) for summary in summaries if (text := dumps(summary))]
        try:
            with self._database.transaction() as store:
                store.executemany("UPDATE summary SET about = ?, size = size + ? WHERE id = ? AND about IS NULL", rows)
        except StoreFailed:
            return

    def _undoable(self) -> tuple[str, ...]:
        """The runs that journals name, so that `liveproof report` can show what `liveproof rollback` would undo."""
        try:
            return tuple(os.listdir(f"{self._database.directory}/runs"))
        except OSError:
            return ()

    def _which(self, id: str, found: list[str]) -> str:
        if found:
            return f"several runs begin with {id!r}: {', '.join(found)}"
        newest = [run.id for run in self.runs(5)]
        known = (
            f"the newest are {', '.join(newest)}; `liveproof report --list` lists more" if newest else "none is kept"
        )
        return f"no run {id!r}; {known}"


def _version(store: "sqlite3.Connection") -> int:
    return int(store.execute("PRAGMA user_version").fetchone()[0])


def _rows(store: "sqlite3.Connection", since: float) -> list[tuple[str, float, str, str, str | None]]:
    """Runs since then; and of those before, the newest whole one of each app and the narrow ones after it."""
    table, about = ("summary", "about") if _version(store) == VERSION else ("run", "NULL")
    columns = f"SELECT id, started, kind, verdict, {about} FROM {table} "  # noqa: S608  (names of our own)
    newest = store.execute(
        "SELECT max(id) FROM run WHERE kind != ? AND started < ? GROUP BY apps", (PART, since)
    ).fetchall()
    ids = [row[0] for row in newest if row[0]]
    found = "WHERE id IN (SELECT value FROM json_each(?))"
    rows = store.execute(columns + found, (json.dumps(ids),)).fetchall()
    if ids:
        rows += store.execute(
            columns + "WHERE kind = ? AND started < ? AND id > ? ORDER BY id DESC LIMIT 300", (PART, since, min(ids))
        ).fetchall()
    rows += store.execute(columns + "WHERE started >= ?", (since,)).fetchall()
    return sorted(rows, key=lambda row: (row[1], row[0]))
