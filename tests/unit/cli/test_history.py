"""`liveproof history` from the command line: what it shows, and what it says where it cannot."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.cli.main import main
from liveproof.model.history import AnnouncedDeploy
from liveproof.store.history import History, new_id
from tests.golden import hostile, incident


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of its own, and no configuration."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("liveproof.config.default_path", lambda: str(tmp_path / "none.toml"))
    return tmp_path / "state"


def _save(ago: float, *codes: str) -> str:
    at = time.time() - ago
    examination = incident.examination(incident.app(*codes), at=at)
    record = replace(incident.broken(), id=new_id(at), examination=examination, repairs=())
    History().save(record)
    return record.id


def test_it_tells_what_changed(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two runs, and the deploy between them; the newest at the end."""
    first, second = _save(7200), _save(60, "FIL003")
    now = time.time()
    History().deploy_began(AnnouncedDeploy(now - 600, now + 600, "root"))
    History().deploy_ended(now - 600, now - 540)
    assert main(["history"]) == 0
    out = capsys.readouterr().out
    places = [out.index(word) for word in (first, "deploy    began", "ended after 1m", second, "came      FIL003")]
    assert places == sorted(places)


def test_nothing_is_kept(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so, in every format, and makes no directory."""
    assert main(["history"]) == 0
    assert f"Nothing of that time is kept in {state}" in capsys.readouterr().out
    for more in (["--plot"], ["--plot", "--rule", "OPC009"], ["--plot", "--rule", "FIL"]):
        assert main(["history", *more]) == 0
        assert "No " in capsys.readouterr().out
    assert main(["history", "--format", "jsonl"]) == 0
    assert capsys.readouterr().out == ""
    assert not state.exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--since", "yesterday"], "should be a duration"),
        (["--rule", "NIX999"], "no rule or family NIX999"),
        (["--plot", "--format", "jsonl"], "--plot"),
    ],
)
def test_what_makes_no_sense_is_refused(
    state: Path, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    """With status 2 and what should be there."""
    assert main(["history", *words]) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("file", ["history.db", "alerts.db"])
def test_a_damaged_database_is_told_and_the_rest_is_shown(
    state: Path, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    """Status 2, the command that moves it away, and what the other one knows."""
    name = _save(60, "FIL003")
    for path in state.glob(f"{file}*"):
        path.unlink()
    (state / file).write_bytes(b"garbage" * 1000)
    assert main(["history", "--format", "jsonl"]) == 2
    told = capsys.readouterr()
    assert f"mv {state}/{file}" in told.err
    assert (name in told.out) == (file == "alerts.db")


def test_what_others_may_not_read_is_told(state: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Another user is told that the state directory cannot be read, not that nothing is kept."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    _save(60, "FIL003")
    child = os.fork()
    if not child:
        try:
            os.setresuid(65534, 65534, 65534)
            os._exit(main(["history"]))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    told = capfd.readouterr()
    assert "Permission denied" in told.err
    assert "Nothing" not in told.out


def test_a_deploy_in_place_of_another_ends_it(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `deploy begin` says."""
    for words in (["begin"], ["begin", "--for", "1h"], ["end"]):
        assert main(["deploy", *words]) == 0
    assert [deploy.ended is not None for deploy in History().deploys(0.0)] == [True, True]


def test_hostile_names_reach_no_terminal_and_no_secret_leaves(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In text and in JSON lines, kept by the real store."""
    at = time.time()
    record = hostile.record()
    record = replace(record, id=new_id(at), examination=replace(record.examination, started=at))
    History().save(record)
    for more in ([], ["--plot"], ["--format", "json"], ["--format", "jsonl"], ["--rule", "FIL", "--plot"]):
        assert main(["history", *more]) == 0
        out = capsys.readouterr().out
        assert all(line.isprintable() for line in out.split("\n"))
        assert not any(secret in out for secret in hostile.SECRETS)
    assert main(["history", "--format", "jsonl"]) == 0
    assert [json.loads(each)["event"] for each in capsys.readouterr().out.splitlines()] == ["run"]
