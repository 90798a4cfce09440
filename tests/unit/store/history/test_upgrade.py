"""A history.db of the first version is read as it is, and upgraded in place by whoever writes."""

import json
import os
import sqlite3
import subprocess
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.store.history import History
from liveproof.store.history.run_bodies import record_to_json
from liveproof.store.sqlite import StoreFailed
from tests.golden import incident

_FIRST = """
CREATE TABLE IF NOT EXISTS run (
    id TEXT PRIMARY KEY, started REAL NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, apps TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID
"""


def _file(directory: Path) -> Path:
    return directory / "state/history.db"


def first_version(directory: Path, count: int = 3, body: bytes | None = None) -> None:
    """A database as the first version wrote it."""
    _file(directory).parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(_file(directory))) as store, store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute(_FIRST)
        for number in range(count):
            record = incident.broken()
            examination = replace(record.examination, started=record.examination.started + number)
            record = replace(record, id=f"20251024-1030{number:02}-aa", examination=examination)
            packed = body if body is not None else zlib.compress(json.dumps(record_to_json(record)).encode())
            at = examination.started
            apps = json.dumps([app.app.path for app in record.examination.apps])
            store.execute("INSERT INTO run VALUES (?, ?, 'check', 'broken', ?, ?)", (record.id, at, apps, packed))
        store.execute("PRAGMA user_version=1")
    _file(directory).chmod(0o600)


def _rows(directory: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(_file(directory))) as store:
        return store.execute(query).fetchall()


def test_it_is_read_before_anybody_upgrades_it(tmp_path: Path) -> None:
    """The list, a run, and summaries made from bodies; reading a history of which nothing is kept makes no summary."""
    first_version(tmp_path)
    history = History(str(tmp_path / "state"))
    assert len(history.runs()) == 3
    assert history.load("20251024-103001").examination.apps
    assert history.deploys(0.0) == ()
    found = history.summaries(0.0)
    assert [run.id for run in found.runs] == [f"20251024-1030{n:02}-aa" for n in range(3)]
    assert {finding.code for finding in found.runs[0].apps[0].findings} == set(incident.ALL)
    assert found.unread == 0


def test_the_first_save_upgrades_it(tmp_path: Path) -> None:
    """Every run gets its row, sizes included; summaries are made when the history is asked for, once."""
    first_version(tmp_path)
    history = History(str(tmp_path / "state"))
    history.save(replace(incident.fixed(), id="20251024-103100-bb"))
    assert _rows(tmp_path, "PRAGMA user_version") == [(2,)]
    assert _rows(tmp_path, "SELECT count(*), count(about) FROM summary") == [(4, 1)]
    assert _rows(tmp_path, "SELECT count(*) FROM summary JOIN run USING (id) WHERE size >= length(body)") == [(4,)]
    before = history.summaries(0.0)
    assert _rows(tmp_path, "SELECT count(about) FROM summary") == [(4,)]
    with closing(sqlite3.connect(_file(tmp_path))) as store, store:
        store.execute("UPDATE run SET body = ?", (b"gone",))
    assert history.summaries(0.0) == before


def test_an_upgrade_that_is_killed_leaves_the_first_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is one transaction."""
    first_version(tmp_path)
    history = History(str(tmp_path / "state"))
    tables = history._database._tables
    monkeypatch.setattr(history._database, "_tables", (*tables, "SELECT no_such_function()"))
    with pytest.raises(StoreFailed):
        history.save(incident.fixed())
    assert _rows(tmp_path, "PRAGMA user_version") == [(1,)]
    assert _rows(tmp_path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("run",)]
    History(str(tmp_path / "state")).save(incident.fixed())
    assert _rows(tmp_path, "PRAGMA user_version") == [(2,)]


@pytest.mark.parametrize("body", [b"", b"not zlib", zlib.compress(b"[]"), zlib.compress(b'{"id": 1}')])
def test_bodies_that_cannot_be_read_cost_their_details_only(tmp_path: Path, body: bytes) -> None:
    """Time and verdict are shown, the rest is counted."""
    first_version(tmp_path, body=body)
    history = History(str(tmp_path / "state"))
    history.save(replace(incident.fixed(), id="20251024-103100-bb"))
    found = history.summaries(0.0)
    assert (len(found.runs), found.unread) == (4, 3)
    assert [run.verdict for run in found.runs if not run.apps] == ["broken"] * 3


@pytest.mark.parametrize(
    "about", ["", "{", "[]", "null", '{"apps": [1]}', '{"apps": [{"path": "/x"}]}', '{"values": [[1]]}', "[" * 100_000]
)
def test_a_damaged_summary_is_made_again_from_the_run(tmp_path: Path, about: str) -> None:
    """What stands in the small table is never trusted more than its shape."""
    history = History(str(tmp_path / "state"))
    history.save(incident.broken())
    whole = history.summaries(0.0)
    with closing(sqlite3.connect(_file(tmp_path))) as store, store:
        store.execute("UPDATE summary SET about = ?", (about,))
    assert history.summaries(0.0) == whole


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount read-only")
@pytest.mark.parametrize("old", [True, False])
def test_a_read_only_disk_still_shows_what_was_kept(tmp_path: Path, *, old: bool) -> None:
    """The history of this version, and of the first one, is shown from a disk that nobody can write."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs (a container without CAP_SYS_ADMIN)")
    try:
        if old:
            first_version(disk)
        else:
            History(str(disk / "state")).save(incident.broken())
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        found = History(str(disk / "state")).summaries(0.0)
        assert len(found.runs) == (3 if old else 1)
        assert all(run.apps for run in found.runs)
    finally:
        subprocess.run(["umount", disk], check=True)
