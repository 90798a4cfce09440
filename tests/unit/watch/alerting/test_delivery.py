"""Delivery through a channel, and the commands of alerts as a person uses them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.model.settings.alerts import AlertChannel, AlertsTable
from liveproof.model.verdicts import Severity
from liveproof.store.alerts.book import AlertBook
from liveproof.store.alerts.outbox import Outbox
from liveproof.watch.alerting.delivery import REFRESH_SECONDS, deliver, routes, wait
from tests.unit.alerting import NOON, problem
from tests.unit.watch.alerting.receivers import http


def _table(*channels: AlertChannel, **more: object) -> AlertsTable:
    return AlertsTable(channel=channels, **more)  # type: ignore[arg-type]


def test_what_channels_want() -> None:
    """From the configuration; an Alertmanager has its own schedule."""
    mail = AlertChannel("m", "url", "json://x", severity="high", codes=("FIL",))
    manager = AlertChannel("a", "alertmanager", "http://x")
    one, other = routes(_table(mail, manager, repeat_every="30m", per_hour=7))
    assert (one.severity, one.codes, one.repeat_every, one.per_hour, one.state) == (
        Severity.HIGH, ("FIL",), 1800.0, 7, False,
    )  # fmt: skip
    assert (other.repeat_every, other.state) == (REFRESH_SECONDS, True)
    assert routes(_table(mail, repeat_every="never"))[0].repeat_every is None


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_waits(failures: int, jitter: float) -> None:
    """Longer each time, an hour at most, never at once."""
    assert 11 <= wait(failures, jitter) <= 3600
    assert wait(failures + 2, jitter) >= wait(failures, jitter)


def test_a_server_that_comes_back(tmp_path: Path) -> None:
    """Down: kept and tried later; up again: all is sent, once."""
    now, state = NOON, str(tmp_path / "state")

    def run(port: int) -> list[str]:
        channel = AlertChannel("hook", "alertmanager", f"http://127.0.0.1:{port}")
        outbox = Outbox(routes(_table(channel)), state)
        return [sent.why for sent in deliver(outbox, channel, "web1", lambda: now)]

    book = AlertBook(routes(_table(AlertChannel("hook", "alertmanager", "http://x"))), state)
    book.reconcile("ownership", [problem("a"), problem("b")], now)
    assert run(1) == ["Connection refused"]
    assert run(1) == []  # not before its time
    now += 16
    assert run(1) == ["Connection refused"]
    now += 31
    with http() as server:
        assert run(server.port) == [""]
        assert run(server.port) == []
        book.reconcile("ownership", [problem("b")], now)
        assert run(server.port) == [""]
    assert [len(json.loads(body)) for _, _, body in server.got] == [2, 1]


Liveproof = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def liveproof(tmp_path: Path) -> Liveproof:
    """`liveproof` with a configuration of its own."""
    tmp_path.chmod(0o700)

    def call(*words: str, config: str = "") -> subprocess.CompletedProcess[str]:
        if config:
            (tmp_path / "liveproof.toml").write_text(config)
        argv = [sys.executable, "-m", "liveproof", *words, "--config", str(tmp_path / "liveproof.toml")]
        env = {**os.environ, "LIVEPROOF_STATE": str(tmp_path / "state")}
        return subprocess.run(argv, capture_output=True, text=True, check=False, env=env, timeout=60)

    return call


def _hook(port: int) -> str:
    return f'[[alerts.channel]]\nname = "hook"\nkind = "alertmanager"\nurl = "http://bob:hunter22@127.0.0.1:{port}"\n'


def test_commands(liveproof: Liveproof, tmp_path: Path) -> None:
    """Test, silence, list, deliver: what they say and their status."""
    with http() as server:
        ran = liveproof("alert", "test", config=_hook(server.port))
        assert (ran.returncode, ran.stdout[:12]) == (0, "hook  sent  "), ran.stderr
        table = _table(AlertChannel("hook", "alertmanager", "http://x"))
        AlertBook(routes(table), str(tmp_path / "state")).reconcile("ownership", [problem()], time.time())
        ran = liveproof("silence", "fil", "--for", "2h", "--why", "disk work")
        assert (ran.returncode, ran.stderr) == (0, "")
        ran = liveproof("alert", "list")
        assert "silenced until" in ran.stdout
        assert "disk work" in ran.stdout
        listed = json.loads(liveproof("alert", "list", "--format", "json").stdout)
        assert [each["silenced"] for each in listed["alerts"]] == [True]
        assert listed["silences"][0]["why"] == "disk work"
        assert liveproof("alert", "deliver").stdout == ""
        assert liveproof("silence", "FIL", "--end").returncode == 0
        ran = liveproof("alert", "deliver", "--channel", "hook")
        assert ran.stdout.endswith("HIGH FIL003 www-data cannot write bootstrap/cache\n")
    assert len(server.got) == 2
    ran = liveproof("alert", "test", config=_hook(1))
    assert (ran.returncode, ran.stdout) == (1, "hook  not sent  Connection refused\n")
    assert "hunter22" not in liveproof("config", "show").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["silence", "FIL003"], "--for"),
        (["silence", "FIL003", "--for", "2h", "--end"], "--end"),
        (["silence", "FIL003", "--for", "soon"], "should be a duration"),
        (["silence", "FIL003", "--for", "0s"], "longer"),
        (["silence", "files", "--for", "2h"], "neither a code"),
        (["silence", "FIL003", "--end"], "not silenced"),
        (["alert", "test"], "no channel is configured"),
        (["alert", "deliver", "--channel", "x"], "no channel x"),
        (["alert", "list", "--since", "x"], "should be a duration"),
    ],
)
def test_usage_errors(liveproof: Liveproof, words: list[str], said: str) -> None:
    """Status 2 and what to do."""
    ran = liveproof(*words, config="[alerts]\n")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_a_damaged_book_is_said(liveproof: Liveproof, tmp_path: Path) -> None:
    """Status 2, no traceback."""
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state/alerts.db").write_bytes(b"garbage" * 1000)
    for words in (["alert", "list"], ["alert", "deliver"], ["silence", "FIL", "--for", "1h"]):
        ran = liveproof(*words, config=_hook(1))
        assert (ran.returncode, "is damaged" in ran.stderr) == (2, True), ran.stderr
