"""What of the history is forgotten: runs by their age and by what they all take, the oldest first.

The newest whole run of each app is never forgotten, nor a run that a fix's journal names: it can be rolled back.
"""

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from liveproof.model.durations import seconds
from liveproof.model.history import PART
from liveproof.model.settings.history import HistoryTable
from liveproof.model.sizes import octets

if TYPE_CHECKING:
    import sqlite3

# A narrow run's body is of use for as long as somebody may ask for a report of it; its summary stays.
KEPT_PARTS = 300
# So many runs go by their age when one is saved: a clock that was wrong once does not empty the history.
_AT_ONCE = 100


def forget(store: "sqlite3.Connection", limits: HistoryTable, now: float, undoable: Collection[str]) -> None:
    """Forget what is older than ``limits.keep`` or beyond ``limits.size``; inside the transaction that saves a run.

    ``now`` is when that run started, ``undoable`` are the runs that journals name.
    """
    _forget_bodies(store)
    oldest = now - seconds(limits.keep)
    store.execute("DELETE FROM deploy WHERE began < ?", (oldest,))
    excess = int(store.execute("SELECT coalesce(sum(size), 0) FROM summary").fetchone()[0]) - octets(limits.size)
    old = store.execute("SELECT 1 FROM summary WHERE started < ? LIMIT 1", (oldest,)).fetchone()
    if not old and excess <= 0:
        return
    kept = json.dumps([*_newest(store), *(_text(run) for run in undoable)])
    rest = "FROM summary WHERE id NOT IN (SELECT value FROM json_each(?)) "
    rows = store.execute(
        f"SELECT id, size {rest} AND started < ? ORDER BY started LIMIT ?",
        (kept, oldest, _AT_ONCE),
    ).fetchall()
    excess -= sum(row[1] for row in rows)
    _delete(store, (row[0] for row in rows))
    if excess > 0:
        gone = []
        for run, size in store.execute(f"SELECT id, size {rest} ORDER BY id", (kept,)):
            if excess <= 0:
                break
            gone.append(run)
            excess -= size
        _delete(store, gone)


def _forget_bodies(store: "sqlite3.Connection") -> None:
    """Of narrow runs only the newest can be reported; of others the summary stays."""
    rows = store.execute(
        "SELECT id, length(body) FROM run WHERE kind = ? ORDER BY id DESC LIMIT -1 OFFSET ?", (PART, KEPT_PARTS)
    ).fetchall()
    store.executemany("UPDATE summary SET size = max(0, size - ?) WHERE id = ?", [(size, run) for run, size in rows])
    store.executemany("DELETE FROM run WHERE id = ?", [(run,) for run, _ in rows])


def _newest(store: "sqlite3.Connection") -> set[str]:
    """The newest whole run of each app."""
    newest: dict[str, str] = {}
    for apps, run in store.execute("SELECT apps, max(id) FROM run WHERE kind != ? GROUP BY apps", (PART,)):
        for app in json.loads(apps) or ("",):
            newest[app] = max(newest.get(app, ""), run)
    return set(newest.values())


def _text(name: str) -> str:
    """A directory's name as SQLite takes it; one that is no UTF-8 names no run."""
    return name.encode("utf-8", "replace").decode()


def _delete(store: "sqlite3.Connection", ids: Iterable[str]) -> None:
    rows = [(run,) for run in ids]
    store.executemany("DELETE FROM run WHERE id = ?", rows)
    store.executemany("DELETE FROM summary WHERE id = ?", rows)
