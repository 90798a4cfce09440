"""What is forgotten, and what never is."""

import json
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveproof.model.history import PART, AnnouncedDeploy
from liveproof.model.settings.history import HistoryTable
from liveproof.store.history import _TABLES, History, retention
from liveproof.store.history.retention import forget
from tests.golden import incident
from tests.golden.seed_facts import AT

_DAY = 86400.0
_APPS = ("/a", "/b", "/c\udcff")


@pytest.fixture
def store(tmp_path: Path) -> History:
    """An empty history."""
    return History(str(tmp_path / "state"))


def _id(at: float, tail: str = "00") -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(at))}-{tail}"


def _save(store: History, at: float, limits: HistoryTable, *selected: str) -> str:
    app = replace(incident.broken().examination.apps[0], selected=selected)
    record = replace(incident.broken(), id=_id(at), examination=incident.examination(app, at=at), repairs=())
    store.save(record, limits)
    return record.id


def test_runs_go_by_their_age(store: History) -> None:
    """With their summary; a deploy too. The newest stays whatever its age."""
    limits = HistoryTable(keep="30d")
    store.deploy_began(AnnouncedDeploy(AT, AT + 60, "root"))
    first = _save(store, AT, limits)
    second = _save(store, AT + 20 * _DAY, limits)
    assert [run.id for run in store.runs()] == [second, first]
    third = _save(store, AT + 31 * _DAY, limits)
    assert [run.id for run in store.runs()] == [third, second]
    assert [run.id for run in store.summaries(0.0).runs] == [second, third]
    assert store.deploys(0.0) == ()
    last = _save(store, AT + 900 * _DAY, limits)
    assert [run.id for run in store.runs()] == [last]


def test_runs_go_by_what_they_take(store: History, tmp_path: Path) -> None:
    """The oldest first, until the rest fits."""
    saved = [_save(store, AT + number, HistoryTable()) for number in range(20)]
    with closing(sqlite3.connect(tmp_path / "state/history.db")) as database, database:
        database.execute("UPDATE summary SET size = ?", (200 << 10,))
    newest = _save(store, AT + 100, HistoryTable(size="1M"))
    kept = [run.id for run in store.summaries(0.0).runs]
    assert kept == [*saved[15:], newest]
    assert {run.id for run in store.runs()} == set(kept)


def test_what_can_be_rolled_back_stays(store: History, tmp_path: Path) -> None:
    """A run that a journal names is kept beyond its age, and strange names beside it do no harm."""
    limits = HistoryTable(keep="1d")
    first = _save(store, AT, limits)
    (tmp_path / "state/runs" / first).mkdir(parents=True)
    (tmp_path / "state/runs").joinpath("'; DROP TABLE run; --\udcff").mkdir()
    second = _save(store, AT + 9 * _DAY, limits)
    third = _save(store, AT + 19 * _DAY, limits)
    assert [run.id for run in store.runs()] == [third, first]
    assert second not in {run.id for run in store.summaries(0.0).runs}


def test_narrow_runs_lose_their_body_and_stay_in_the_history(store: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the numbers of weeks can be drawn; they never take a whole run's place."""
    monkeypatch.setattr(retention, "KEPT_PARTS", 2)
    whole = _save(store, AT, HistoryTable())
    parts = [_save(store, AT + 60 + number, HistoryTable(), "OPC") for number in range(5)]
    assert [run.id for run in store.summaries(0.0).runs] == [whole, *parts]
    assert all(run.apps for run in store.summaries(0.0).runs)
    assert store.load(parts[-1]).examination.selected == ("OPC",)
    assert store.summaries(0.0).unread == 0


def test_a_clock_that_was_wrong_once_does_not_empty_the_history(store: History, tmp_path: Path) -> None:
    """Of a thousand runs that seem old at once some go."""
    _save(store, AT, HistoryTable())
    with closing(sqlite3.connect(tmp_path / "state/history.db")) as database, database:
        for number in range(1000):
            row = (_id(AT + number, "ff"), AT + number)
            database.execute("INSERT INTO summary VALUES (?, ?, 'part', 'proven', 10, '{}')", row)
    _save(store, AT + 9000 * _DAY, HistoryTable())
    assert len(store.summaries(0.0).runs) >= 900


_RUN = st.tuples(
    st.integers(0, 200),  # days
    st.sampled_from(["check", "fix", PART]),
    st.lists(st.sampled_from(_APPS), max_size=3, unique=True),
    st.integers(1, 600),  # KB
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_RUN, min_size=1, max_size=30), st.integers(1, 150), st.integers(1, 4), st.data())
def test_whatever_is_kept(
    runs: list[tuple[int, str, list[str], int]], days: int, size: int, data: st.DataObject
) -> None:
    """Never too old or too much but for what must stay; never more forgotten than that asks for."""
    names = [f"{day:03}-{number:03}" for number, (day, *_) in enumerate(runs)]
    undoable = set(data.draw(st.lists(st.sampled_from(names), max_size=3)))
    now = max(day for day, *_ in runs) * _DAY
    with tempfile.TemporaryDirectory() as directory, closing(sqlite3.connect(f"{directory}/x.db")) as store:
        for table in _TABLES:
            store.execute(table)
        for name, (day, kind, apps, size_kb) in zip(names, runs, strict=True):
            head = (name, day * _DAY, kind, "proven")
            store.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", (*head, json.dumps(apps), b"x"))
            store.execute("INSERT INTO summary VALUES (?, ?, ?, ?, ?, ?)", (*head, size_kb << 10, "{}"))
        forget(store, HistoryTable(keep=f"{days}d", size=f"{size}M"), now, undoable)
        kept = {row[0]: row[1] for row in store.execute("SELECT id, size FROM summary")}
        assert {row[0] for row in store.execute("SELECT id FROM run")} == set(kept)
    known = dict(zip(names, runs, strict=True))
    protected = undoable | {
        max((name for name, (_, kind, apps, _) in known.items() if kind != PART and app in apps), default="")
        for app in _APPS
    }
    assert protected - {""} <= set(kept)
    free = {name for name in kept if name not in protected and (known[name][1] == PART or known[name][2])}
    assert all(known[name][0] * _DAY >= now - days * _DAY for name in free)
    total = sum(kept.values())
    assert total <= size << 20 or not free
    young = [name for name in names if known[name][0] * _DAY >= now - days * _DAY and name not in kept]
    if young:  # they went by their size: with the last of them it was too much, and none that stays was older
        assert total + (known[max(young)][3] << 10) > size << 20
        assert all(name > max(young) for name in free)
