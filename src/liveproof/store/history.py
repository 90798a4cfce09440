"""Every run, kept in SQLite below the state directory, so that a report can be made of it later and compared.

A store that cannot be used (full or read-only disk, locked, damaged, written by a newer version) costs the record,
never the check: ``StoreFailed`` is reported on standard error and nothing else follows from it.
"""

import json
import os
import sys
import time
import zlib
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from liveproof.model.codec import Cut, from_json, to_json
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.apps import App
from liveproof.model.run_record import Record, Repair
from liveproof.model.secrets import hide_all
from liveproof.store.fact_records import facts_from_json, facts_to_json
from liveproof.store.sqlite import Database, StoreFailed

if TYPE_CHECKING:
    import sqlite3

VERSION = 1
KEPT_RUNS = 1000
KEPT_BYTES = 128 * 1024 * 1024
# Runs of only some rules, which a watcher makes every few minutes, are kept apart: none takes the place of a whole one.
PART, KEPT_PARTS = "part", 300
# A run is kept for its report: of the tens of thousands of paths of a large app a report shows a few.
_ITEMS, _TEXT = 200, 4000
_WHOLE = Cut(sys.maxsize, sys.maxsize)

_TABLE = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, started REAL NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, apps TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID
"""


class NoSuchRun(Exception):
    """No kept run has that id; the message names those that have."""


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the history: ``apps`` are paths, ``verdict`` a LinkVerdict's value, ``started`` epoch seconds."""

    id: str
    started: float
    kind: str
    verdict: str
    apps: tuple[str, ...]


def new_id(started: float) -> str:
    """An id for a run that started then: UTC, sortable, with a random tail against two runs in one second."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(started))}-{os.urandom(2).hex()}"


class History:
    """The kept runs of this host, in ``history.db`` of the given directory (by default the state directory)."""

    def __init__(self, directory: str | None = None) -> None:
        self._database = Database("history.db", VERSION, (_TABLE,), "history", directory=directory)

    def save(self, record: Record) -> None:
        """Keep a run under its id, then forget the oldest beyond 1,000 runs (300 of only some rules) or 128 MB.

        Raises:
            StoreFailed: it could not be kept; what was kept before is untouched.
        """
        examination = record.examination
        text = json.dumps(_to_json(record), separators=(",", ":"), check_circular=False)
        apps = json.dumps([app.app.path for app in examination.apps])
        kind = PART if examination.selected else record.kind
        row = (
            record.id, examination.started, kind, examination.verdict.value, apps,
            zlib.compress(text.encode(), 1),
        )  # fmt: skip
        with self._database.writing() as store:
            store.execute("BEGIN IMMEDIATE")
            store.execute("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?)", row)
            _forget(store)
            store.execute("COMMIT")

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
            return _from_json(json.loads(zlib.decompress(rows[0][1])))
        except (ValueError, KeyError, TypeError, AttributeError, ImportError, zlib.error) as error:
            raise StoreFailed(
                f"the kept run {rows[0][0]} cannot be read ({error}); it may be of another version"
            ) from None

    def _which(self, id: str, found: list[str]) -> str:
        if found:
            return f"several runs begin with {id!r}: {', '.join(found)}"
        newest = [run.id for run in self.runs(5)]
        known = (
            f"the newest are {', '.join(newest)}; `liveproof report --list` lists more" if newest else "none is kept"
        )
        return f"no run {id!r}; {known}"


def _forget(store: "sqlite3.Connection") -> None:
    store.execute(
        "DELETE FROM run WHERE kind = ? AND id NOT IN (SELECT id FROM run WHERE kind = ? ORDER BY id DESC LIMIT ?)",
        (PART, PART, KEPT_PARTS),
    )
    count, size = store.execute(
        "SELECT count(*), coalesce(sum(length(body)), 0) FROM run WHERE kind != ?", (PART,)
    ).fetchone()
    while count > 1 and (count > KEPT_RUNS or size > KEPT_BYTES):
        oldest, length = store.execute(
            "SELECT id, length(body) FROM run WHERE kind != ? ORDER BY id LIMIT 1", (PART,)
        ).fetchone()
        store.execute("DELETE FROM run WHERE id = ?", (oldest,))
        count, size = count - 1, size - length


def _to_json(record: Record) -> dict[str, Any]:
    cut = Cut(_ITEMS, _TEXT)
    result = {
        "id": record.id,
        "kind": record.kind,
        "version": record.version,
        "examination": _examination_to_json(record.examination, cut),
        "before": _examination_to_json(record.before, cut) if record.before else None,
        "repairs": [to_json(repair, cut=_WHOLE) for repair in record.repairs],  # its script must name every path
    }
    collected: dict[str, Any] = hide_all({**result, "cuts": record.cuts + cut.cuts})
    return collected


def _from_json(data: Mapping[str, Any]) -> Record:
    return Record(
        data["id"],
        data["kind"],
        data["version"],
        _examination_from_json(data["examination"]),
        _examination_from_json(data["before"]) if data["before"] else None,
        tuple(from_json(Repair, repair) for repair in data["repairs"]),
        data["cuts"],
    )


def _examination_to_json(examination: Examination, cut: Cut) -> dict[str, Any]:
    result = {
        f.name: to_json(getattr(examination, f.name), f.type, cut) for f in fields(Examination) if f.name != "apps"
    }
    return {**result, "apps": [_app_to_json(app, cut) for app in examination.apps]}


def _examination_from_json(data: Mapping[str, Any]) -> Examination:
    given = {f.name: from_json(f.type, data[f.name]) for f in fields(Examination) if f.name != "apps"}  # type: ignore[arg-type]
    return Examination(**given, apps=tuple(_app_from_json(app) for app in data["apps"]))


def _app_to_json(app: AppExamination, cut: Cut) -> dict[str, Any]:
    result = {f.name: to_json(getattr(app, f.name), f.type, cut) for f in fields(AppExamination) if f.name != "facts"}
    return {**result, "facts": facts_to_json(app.facts, cut)}


def _app_from_json(data: Mapping[str, Any]) -> AppExamination:
    kinds: dict[str, Any] = {f.name: f.type for f in fields(AppExamination) if f.name in data and f.name != "facts"}
    given = {name: from_json(kind, data[name]) for name, kind in kinds.items()}
    return AppExamination(**given, facts={App: given["app"], **facts_from_json(data["facts"])})
