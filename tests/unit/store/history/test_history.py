"""history.py: runs are kept, found again, and never in the way."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.model.codec import to_json
from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import Opcache
from liveproof.model.facts.wire import Wire
from liveproof.model.plan import Step
from liveproof.model.run_record import Record, Repair
from liveproof.report.formats.json import document, dumps
from liveproof.report.plan import details
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.write_file import WriteFile
from liveproof.store.history import History, NoSuchRun, new_id, retention
from liveproof.store.history.run_bodies import record_to_json
from liveproof.store.sqlite import StoreFailed
from tests.golden import incident
from tests.golden.seed_facts import APP, PATH


@pytest.fixture
def store(tmp_path: Path) -> History:
    """An empty history."""
    return History(str(tmp_path / "state"))


def _like(record: Record) -> object:
    """A record without what keeping leaves out on purpose."""
    apps = [
        (app.app, app.links, app.results, app.diagnoses, {k: v for k, v in app.facts.items() if k is not Wire})
        for seen in (record.examination, record.before)
        if seen
        for app in seen.apps
    ]
    return apps, record.repairs, record.id, record.kind, record.examination.timings


@pytest.mark.parametrize(
    "record", [incident.broken(), incident.fixed(), incident.unproven()], ids=["broken", "fixed", "unproven"]
)
def test_a_run_comes_back(store: History, record: Record) -> None:
    """Examination, facts, plan and outcome are read as they were kept."""
    store.save(record)
    assert _like(store.load(record.id)) == _like(record)
    assert store.load(record.id).examination.apps[0].facts[App] == APP


def test_answers_of_the_app_are_not_kept(store: History, tmp_path: Path) -> None:
    """The body of an answer may hold the app's secrets; the rest of the exchange is kept."""
    store.save(incident.broken())
    wire = store.load(incident.broken().id).examination.apps[0].facts[Wire]
    assert isinstance(wire, Wire)
    assert [(exchange.status, exchange.body) for exchange in wire.exchanges] == [(200, ""), (200, "")]


def test_long_lists_are_cut_and_said(store: History) -> None:
    """Of thousands of scripts some are kept, and the record says so; a plan is kept whole."""
    record = incident.broken()
    app = record.examination.apps[0]
    opcache = app.facts[Opcache]
    assert isinstance(opcache, Opcache)
    name, cache = opcache.pools[0]
    many = replace(opcache, pools=((name, replace(cache, scripts=cache.scripts * 5000)),))  # type: ignore[arg-type, union-attr]
    app = replace(app, facts={**app.facts, Opcache: many})
    entries = tuple(Owned(f"app/{n}.php", 0, 0) for n in range(3000))
    step = Step(ChangeOwner(PATH, entries, 33, 33, "www-data:www-data"), "why", "undo")
    plan = replace(incident.plan(), steps=(step,))
    store.save(replace(record, examination=replace(record.examination, apps=(app,)), repairs=(Repair(plan),)))
    kept = store.load(record.id)
    assert kept.cuts > 0
    scripts = kept.examination.apps[0].facts[Opcache].pools[0][1].scripts  # type: ignore[attr-defined]
    assert 0 < len(scripts) < 5000
    assert kept.repairs[0].plan == plan


def test_names_that_are_not_utf8_come_back(store: History) -> None:
    """A path with bytes of its own is the same path when it is read again."""
    app = incident.app()
    odd = replace(app, app=replace(app.app, path="/var/www/\udcff\n"))
    store.save(replace(incident.broken(), examination=incident.examination(odd)))
    assert store.load(incident.broken().id).examination.apps[0].app.path == "/var/www/\udcff\n"
    assert store.runs()[0].apps == ("/var/www/\udcff\n",)


def test_an_id_may_be_short(store: History) -> None:
    """The beginning of an id is enough when only one run begins so; else the message names those that do."""
    for tail in ("aa", "ab"):
        store.save(replace(incident.broken(), id=f"20251024-103000-{tail}"))
    store.save(replace(incident.broken(), id="20251025-103000-00"))
    assert store.load("20251025").id == "20251025-103000-00"
    assert store.load("20251024-103000-aa").id == "20251024-103000-aa"
    with pytest.raises(NoSuchRun, match="several runs begin"):
        store.load("20251024")
    with pytest.raises(NoSuchRun, match="newest are 20251025-103000-00"):
        store.load("19990101")


def test_an_empty_history(store: History, tmp_path: Path) -> None:
    """Without a run there is no list, no directory is made, and a name is refused with what to do."""
    assert store.runs() == ()
    with pytest.raises(NoSuchRun, match="liveproof check"):
        store.load("20251024-103000-aa")
    assert not (tmp_path / "state").exists()


def test_ids_sort_by_time() -> None:
    """Ids are short, and sort as the runs began."""
    assert new_id(0.0).startswith("19700101-000000-")
    assert new_id(1e9) < new_id(1e9 + 1)


def test_the_store_is_private(store: History, tmp_path: Path) -> None:
    """Nobody else can read what was seen."""
    store.save(incident.broken())
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "state").iterdir())


def test_a_directory_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """Root does not write where somebody else could put a link."""
    (tmp_path / "state").mkdir(mode=0o777)
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(StoreFailed, match="LIVEPROOF_STATE name a new one"):
        History(str(tmp_path / "state")).save(incident.broken())


def test_a_link_is_not_followed(store: History, tmp_path: Path) -> None:
    """A link in the place of the database is refused."""
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state/history.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed):
        store.save(incident.broken())
    assert not (tmp_path / "elsewhere").exists()


def test_a_damaged_store_is_told_and_left_alone(store: History, tmp_path: Path) -> None:
    """Garbage is never overwritten; the message says what to do."""
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state/history.db").write_bytes(b"garbage" * 1000)
    for use in (lambda: store.save(incident.broken()), store.runs, lambda: store.load("x")):
        with pytest.raises(StoreFailed, match="mv "):
            use()
    assert (tmp_path / "state/history.db").read_bytes() == b"garbage" * 1000


def test_a_newer_store_is_left_alone(store: History, tmp_path: Path) -> None:
    """A store of a later version is neither read wrongly nor written."""
    store.save(incident.broken())
    with sqlite3.connect(tmp_path / "state/history.db") as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(StoreFailed, match="newer liveproof"):
        store.save(incident.broken())
    with pytest.raises(StoreFailed, match="newer liveproof"):
        store.runs()


def test_a_locked_store_is_waited_for_only_briefly(
    store: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that holds the database costs this record, not the check."""
    store.save(incident.broken())
    monkeypatch.setattr(store._database, "_wait", 0.05)
    holder = sqlite3.connect(tmp_path / "state/history.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreFailed, match="locked"):
            store.save(replace(incident.broken(), id="20251024-103001-00"))
    finally:
        holder.close()
    assert len(store.runs()) == 1


def test_a_run_of_another_shape_is_told(store: History, tmp_path: Path) -> None:
    """A body that this version does not understand is no traceback."""
    store.save(incident.broken())
    with sqlite3.connect(tmp_path / "state/history.db") as database:
        database.execute("UPDATE run SET body = ?", (b"not zlib",))
    database.close()
    with pytest.raises(StoreFailed, match="cannot be read"):
        store.load(incident.broken().id)


def test_a_crash_while_writing_loses_only_that_run(store: History, tmp_path: Path) -> None:
    """A process that dies inside the transaction leaves what was kept before."""
    store.save(incident.broken())
    dying = (
        "import os, sqlite3, sys; store = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "store.execute('BEGIN IMMEDIATE'); store.execute('DELETE FROM run'); os._exit(9)"
    )
    died = subprocess.run([sys.executable, "-c", dying, tmp_path / "state/history.db"], check=False)
    assert died.returncode == 9
    assert [run.id for run in store.runs()] == [incident.broken().id]
    store.save(replace(incident.broken(), id="20251024-103001-00"))
    assert len(store.runs()) == 2


def test_many_writers(tmp_path: Path) -> None:
    """Checks that end in the same moment are all kept."""
    directory = str(tmp_path / "state")
    History(directory).save(incident.broken())
    ids = [f"20251024-1031{n:02}-00" for n in range(8)]
    threads = [
        threading.Thread(target=History(directory).save, args=(replace(incident.broken(), id=name),)) for name in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.id for run in History(directory).runs()} >= set(ids)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_costs_the_record_only(tmp_path: Path) -> None:
    """ENOSPC is a StoreFailed, and what was kept before can still be read."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs (a container without CAP_SYS_ADMIN)")
    try:
        store = History(str(disk / "state"))
        store.save(incident.broken())
        with pytest.raises(OSError, match="No space"):
            (disk / "fill").write_bytes(os.urandom(512 * 1024))
        with pytest.raises(StoreFailed):
            store.save(replace(incident.broken(), id="20251024-103001-00"))
        (disk / "fill").unlink()
        assert [run.id for run in store.runs()] == [incident.broken().id]
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount read-only")
def test_a_read_only_disk_can_still_be_read(tmp_path: Path) -> None:
    """Saving fails with the reason; the kept runs are told all the same."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs (a container without CAP_SYS_ADMIN)")
    try:
        store = History(str(disk / "state"))
        store.save(incident.broken())
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(StoreFailed):
            store.save(replace(incident.broken(), id="20251024-103001-00"))
        assert store.load(incident.broken().id).examination == store.load("2025").examination
    finally:
        subprocess.run(["umount", disk], check=True)


def test_what_is_kept_is_small() -> None:
    """A run of the seed's host takes a few kilobytes."""
    text = json.dumps(record_to_json(incident.fixed()))
    assert len(text) < 40_000
    assert to_json(incident.plan())["app"] == PATH


def test_an_edited_file_is_kept_and_told_as_its_changed_lines(store: History) -> None:
    """What else stands in the file, secrets among it, is neither in the history nor in JSON nor in a report."""
    old = "env[DB_PASS] = zq7hunter\nlisten.mode = 0600 ; zq7hunter\n"
    act = WriteFile.edit("/etc/php/pool.conf", old, old.replace("0600", "0660"), ("php-fpm", "-t"))
    record = incident.fixed()
    repair = record.repairs[0]
    plan = replace(repair.plan, steps=(*repair.plan.steps, Step(act, "why", "it is restored")))
    record = replace(record, repairs=(replace(repair, plan=plan),))
    store.save(record)
    kept = store.load(record.id)
    for one in (record, kept):
        told = dumps(document(one))
        assert "zq7hunter" not in told
        assert "+listen.mode = 0660" in told
    (step,) = [step for step in kept.repairs[0].plan.steps if isinstance(step.act, WriteFile)]
    assert isinstance(step.act, WriteFile)
    assert (step.act.content, step.act.diff) == ("", act.diff)
    assert "-listen.mode = 0600 ; [hidden]" in details(step)


def test_runs_of_some_rules_are_kept_apart(store: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found by their id, are in no list, and take no whole run's place."""
    monkeypatch.setattr(retention, "KEPT_PARTS", 3)
    whole = incident.broken()
    store.save(whole)
    app = replace(whole.examination.apps[0], selected=("OPC",))
    parts = [
        replace(whole, id=f"20991231-2359{number:02}-aa", examination=replace(whole.examination, apps=(app,)))
        for number in range(5)
    ]
    for part in parts:
        store.save(part)
    assert [run.id for run in store.runs()] == [whole.id]
    assert store.load(parts[-1].id).examination.selected == ("OPC",)
    with pytest.raises(NoSuchRun):
        store.load(parts[0].id)
