"""What is sampled: pools that answer, refuse or stay silent, logs that grow and rotate, the line that is printed."""

import json
import os
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.cli.commands import sample as command
from liveproof.cli.console import Console
from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.codec import from_json
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, PoolStatus, WorkerState
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.sample import Sample
from liveproof.model.settings import Settings
from liveproof.probes.opcache.asking import Answer
from liveproof.sampling.known import Knowledge, Known
from liveproof.sampling.logs import Logs
from liveproof.sampling.pools import Pools, _answered, _opcache, _Served
from liveproof.sampling.processes import _release, resident
from liveproof.sampling.question import Question
from liveproof.sampling.sampler import Sampler
from liveproof.store.cache import Cache
from liveproof.store.directory import mark
from liveproof.store.history import History
from tests.golden import incident, top
from tests.golden.contracts import refuse_other
from tests.golden.filled import filled
from tests.golden.seed_facts import PATH

APP = filled(App, path="/srv/app/current", real="/srv/app/releases/2", pools=("8.2/www",), laravel=True)


def _known(address: str, status_path: str = "/status") -> Known:
    pool = filled(
        Pool, version="8.2", name="www", address=address, status_path=status_path, max_children=5, file="/etc/www.conf"
    )
    master = filled(Master, version="8.2", config="/etc/php-fpm.conf", pools=(pool,))
    return Known(((APP, {Fpm: Fpm((master,))}),), "a test")


def _look(pools: Pools, seconds: float = 1.0) -> Pools:
    pools.begin()
    pools.wait(time.monotonic() + seconds)
    return pools


def test_a_question_that_hangs_costs_nothing() -> None:
    """It is waited for as long as was said, not asked a second time, and answered in the end."""
    gate, asked = threading.Event(), []

    def ask() -> int:
        asked.append(1)
        gate.wait(5)
        return 7

    question = Question(ask)
    began = time.monotonic()
    for _ in range(3):
        question.begin()
        question.wait(time.monotonic() + 0.02)
    assert time.monotonic() - began < 0.5
    assert (len(asked), question.answer) == (1, None)
    assert question.waiting > 0.05
    gate.set()
    question.wait(time.monotonic() + 2)
    assert (question.answer, question.why, question.waiting) == (7, "", 0.0)


def test_a_question_that_fails_says_why() -> None:
    def refuse() -> int:
        raise CannotSee("nothing listens")

    def stumble() -> int:
        raise ZeroDivisionError("oops")

    for ask, why in ((refuse, "nothing listens"), (stumble, "please report this")):
        question = Question(ask)
        question.begin()
        question.wait(time.monotonic() + 2)
        assert question.answer is None
        assert why in question.why


def test_a_pool_that_is_gone_refuses_or_is_silent(tmp_path: Path) -> None:
    """No socket, a socket without a listener, one that never answers: said, within the tick."""
    path = str(tmp_path / "s")
    (pool,) = _look(Pools(Reader(), _known(f"unix:{path}"))).pools()
    assert "does not exist" in pool.why
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        (pool,) = _look(Pools(Reader(), _known(f"unix:{path}"))).pools()
        assert "nothing listens" in pool.why
        listener.listen()
        pools = Pools(Reader(), _known(f"unix:{path}"))
        began = time.monotonic()
        _look(pools, 0.6)
        assert time.monotonic() - began < 1.5
        (pool,) = pools.pools()
        assert "has not answered for" in pool.why
        (cache,) = pools.opcache()
        assert cache.why
    (pool,) = _look(Pools(Reader(), _known("unix:/x", status_path=""))).pools()
    assert pool.why == "it has no status page: set pm.status_path in /etc/www.conf"


def test_own_requests_are_no_load() -> None:
    """The status page that is asked for is answered by a worker, which is not busy for a visitor."""
    states = (
        WorkerState(1, "Running", "GET /status?json&full", 0.0001),
        WorkerState(2, "Running", "POST /index.php?token=…", 1.5),
        WorkerState(3, "Idle", "GET /liveproof", 0.002),
    )
    status = filled(PoolStatus, active=2, idle=1, total=3, workers=states)
    ((_, facts),) = _known("unix:/x").apps
    fpm = facts[Fpm]
    assert isinstance(fpm, Fpm)
    pool = _answered(("/srv",), fpm.masters[0].pools[0], status)
    assert (pool.active, pool.idle) == (1, 2)
    assert [(w.state, w.request) for w in pool.workers] == [
        ("idle", ""),
        ("running", "POST /index.php?token=…"),
        ("idle", ""),
    ]


@pytest.mark.parametrize(
    "told", [{}, {"status": None}, {"status": {"memory_usage": 5, "opcache_statistics": {"hits": "x"}}}]
)
def test_any_answer_of_opcache(told: dict[str, object]) -> None:
    """What is not there is not known; never a failure."""
    question: Question[Answer] = Question(lambda: Answer(told, 0.0))
    question.begin()
    question.wait(time.monotonic() + 2)
    known = _known("unix:/x")
    fpm = known.apps[0][1][Fpm]
    assert isinstance(fpm, Fpm)
    found = _opcache((_Served(APP, fpm.masters[0], fpm.masters[0].pools[0]),), question)
    assert (found.why, found.enabled, found.fill, found.hit_ratio) == ("", False, -1.0, -1.0)


def test_logs_are_read_on(tmp_path: Path) -> None:
    """What is there at first, what is appended, what a rotated file holds: class and place, no values."""
    log = tmp_path / "storage/logs/laravel.log"
    log.parent.mkdir(parents=True)
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    context = '{"exception":"[object] (Err\\Or(code: 0): x at /a/B.php:7)"}'
    entry = f"[{stamp}] production.ERROR: user 5 has password hunter2 {context}\n"
    log.write_text(entry)
    app = replace(APP, path=str(tmp_path), real=str(tmp_path))
    logs = Logs(Reader(), Settings())
    logs.follow(Known(((app, {}),), "a test"))
    now = logs.now()
    assert (now.counts, len(now.last), now.last[0].count) == ((("exception", 1),), 1, 1)
    assert "Err\\Or at " in now.last[0].text
    assert "hunter2" not in json.dumps(now.last[0].text)
    with log.open("a") as file:
        file.write(entry * 2)
    assert logs.now().last[0].count == 3
    assert logs.now().last[0].count == 3
    log.rename(f"{log}.1")
    assert logs.now().last[0].count == 3
    log.write_text(f"[{stamp}] production.CRITICAL: file_put_contents(/x/y): Permission denied\n")
    counts = dict(logs.now().counts)
    assert counts == {"exception": 3, "permission": 1}


def test_the_release_of_a_queue_worker() -> None:
    """By its directory: the current one, another one, one that was removed, none of the app's."""

    def release(cwd: str) -> str:
        return _release(APP, APP.real, filled(PhpProcess, cwd=cwd))

    assert release("/srv/app/releases/2/public") == "/srv/app/releases/2"
    assert release("/srv/app/releases/1") == "/srv/app/releases/1"
    assert release("/srv/app/releases/1 (deleted)") == "/srv/app/releases/1 (deleted)"
    assert release("/srv/app/releases/2 (deleted)") == "/srv/app/releases/2 (deleted)"
    assert release("/") == release("") == ""
    assert resident(os.getpid()) > 1 << 20
    assert resident(1 << 30) == -1


def test_apps_are_those_of_the_newest_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And others when another run is kept; nothing is examined then."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path))
    monkeypatch.setattr("os.path.lexists", lambda _: True)
    monkeypatch.setattr("liveproof.sampling.known.discover", lambda *_: pytest.fail("the probes were asked"))
    record = incident.broken()
    History().save(record)
    knowledge = Knowledge(Settings(), Cache(None), History(), lambda: mark("history.db"))
    known, changed = knowledge.now()
    assert ([app.path for app, _ in known.apps], changed) == ([PATH], True)
    assert known.source == f"kept run {record.id}"
    assert not knowledge.now()[1]
    History().save(replace(record, id="20251024-113000-aa"))
    known, changed = knowledge.now()
    assert (known.source, changed) == ("kept run 20251024-113000-aa", True)


def test_a_host_without_an_app_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probes are asked then, and not again at each look."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path))
    sampler = Sampler(Settings(), Knowledge(Settings(), Cache(None), History(), lambda: mark("history.db")))
    sample = sampler.look()
    assert sample.apps == ()
    assert sample.reason
    began = time.monotonic()
    sampler.look()
    assert time.monotonic() - began < 0.5


def test_a_line_is_ascii_and_read_back(capfd: pytest.CaptureFixture[str]) -> None:
    """Names that are not UTF-8 are written so that any reader of JSON takes them."""
    text = command.line(replace(top.sample(), apps=("/srv/\udcff\n",)))
    assert text.isascii()
    assert text.count("\n") == 1
    told = json.loads(text)
    refuse_other(told, "liveproof-sample-1")
    refuse_other(json.loads(command.line(Sample(1.0, 0.1, "h", False, "", ()))), "liveproof-sample-1")
    assert told["pools"]
    assert told["logs"]["last"]
    assert told["apps"] == ["/srv/\\xff\n"]
    assert from_json(Sample, told) == replace(top.sample(), apps=("/srv/\\xff\n",))


def test_it_ends_when_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """And after so many lines."""
    lines: list[str] = []
    console = Console()
    monkeypatch.setattr(console, "text", lines.append)

    class Canned:
        def look(self) -> Sample:
            return top.sample()

    command._sample(Canned(), console, every=0.001, count=3)  # type: ignore[arg-type]
    assert len(lines) == 3
    monkeypatch.setattr(Console, "gone", True)
    command._sample(Canned(), console, every=0.001, count=0)  # type: ignore[arg-type]
    assert len(lines) == 4
