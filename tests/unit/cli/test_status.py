"""`liveproof status` from the command line: what it shows, and what it says where it cannot."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.cli import main, session
from liveproof.cli.commands import status
from liveproof.model.facts.apps import App, Apps
from liveproof.model.facts.laravel import Laravel
from liveproof.store.history import History
from tests.golden import incident
from tests.golden.contracts import refuse_other
from tests.golden.seed_facts import APP, PATH

Found = tuple[tuple[App, dict[type, object]], ...]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of its own, no configuration, and the seed's app with its facts."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("liveproof.config.default_path", lambda: str(tmp_path / "none.toml"))
    monkeypatch.setattr(status, "ready_probe", lambda: None)
    _discovers(monkeypatch, Apps((APP,)), ((APP, dict(incident.app().facts)),))
    return tmp_path / "state"


def _discovers(monkeypatch: pytest.MonkeyPatch, apps: Apps, found: Found = ()) -> None:
    monkeypatch.setattr(status, "discover", lambda *_: (apps, found))


def test_json_keeps_the_contract_and_names_the_last_check(capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict of this app by the newest kept run; the text is plain ASCII and holds no secret."""
    History().save(incident.broken())
    assert main.main(["status", "--format", "json"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out)
    refuse_other(found, "liveproof-status-1")
    assert out.isascii()
    (app,) = found["apps"]
    assert (app["path"], app["last_check"]["run"]) == (PATH, incident.broken().id)
    assert (app["last_check"]["verdict"], app["last_fix"]) == ("broken", None)


def test_the_app_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for what was seen, and one for what was not."""
    assert main.main(["status"]) == 0
    out = capsys.readouterr().out
    assert "11.31.0, environment production, debug off" in out
    assert "workers      none runs" in out


def test_a_history_that_cannot_be_read_is_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything else is shown."""
    state.mkdir(mode=0o700)
    (state / "history.db").write_bytes(b"garbage" * 1000)
    assert main.main(["status"]) == 0
    out = capsys.readouterr().out
    assert "last check   not seen" in out
    assert "history.db" in out
    assert "environment production" in out


def test_no_app(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 3 with the reason; 2 where what was named is none."""
    _discovers(monkeypatch, Apps((), "nginx does not run"))
    assert main.main(["status"]) == 3
    assert "no app was found: nginx does not run" in capsys.readouterr().out
    _discovers(monkeypatch, Apps((), "", "/etc is no app"))
    assert main.main(["status", "/etc"]) == 2
    assert main.main(["status", "/no/such/directory"]) == 2


def test_after_a_hang_nothing_is_probed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what did not answer."""
    monkeypatch.setattr(session, "hang_reason", "the server of /mnt does not answer")
    assert main.main(["status"]) == 3
    assert "no app was found: the server of /mnt does not answer" in capsys.readouterr().out


def test_secrets_in_what_apps_say_of_themselves_are_hidden(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """APP_ENV is whatever somebody wrote there."""
    facts = dict(incident.app().facts)
    laravel = facts[Laravel]
    assert isinstance(laravel, Laravel)
    facts[Laravel] = replace(laravel, environment="mysql://root:hunter2@db/app\x1b[2J")
    _discovers(monkeypatch, Apps((APP,)), ((APP, facts),))
    for words in (["status"], ["status", "--format", "json"]):
        assert main.main(words) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert "\x1b" not in out
