"""From words to an exit status."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.cli import main, session, unexpected
from liveproof.cli.commands import check
from liveproof.model.examination import Examination
from liveproof.model.plan import Outcome, OutcomeKind
from liveproof.model.run_record import Record, Repair
from liveproof.store.history import History
from tests.golden import incident
from tests.golden.seed_facts import AT


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of our own, no configuration file, and the rules of the incident."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("liveproof.config.default_path", lambda: str(tmp_path / "none.toml"))
    monkeypatch.setattr(session, "rule_pages", lambda: incident.PAGES)
    monkeypatch.setattr(check, "planned_repairs", lambda *_: (Repair(incident.plan()),))
    return tmp_path / "state"


def _finds(monkeypatch: pytest.MonkeyPatch, found: Examination | BaseException) -> None:
    def examine(*_: object) -> Examination:
        if isinstance(found, BaseException):
            raise found
        return found

    monkeypatch.setattr(session, "examine", examine)


@pytest.mark.parametrize(
    ("record", "status"),
    [(incident.broken(), 1), (incident.fixed(), 0), (incident.unproven(), 3), (incident.nothing(), 3)],
    ids=["broken", "proven", "unproven", "nothing"],
)
def test_exit_status_is_the_verdict(
    record: Record, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 proven, 1 broken, 3 unproven; standard error stays empty."""
    _finds(monkeypatch, record.examination)
    assert main.main(["check"]) == status
    out, err = capsys.readouterr()
    assert out.startswith(record.examination.verdict.value.upper())
    assert err == ""


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["no-such-command"],
        ["check", "--no-such-option"],
        ["check", "--format", "xml"],
        ["check", "/no/such/directory"],
        ["check", "/etc/passwd"],
        ["check", "a", "b"],
        ["check", "--config", "/no/such/file"],
        ["check", "--policy", "none"],
        ["check", "--select", "NOPE"],
        ["check", "--ignore", "FIL999"],
        ["fix"],
        ["fix", "--format", "json"],
        ["explain"],
        ["explain", "the weather tomorrow"],
        ["report"],
        ["report", "19990101-000000-00"],
        ["rollback", "no-such-run", "--yes"],
        ["config"],
    ],
)
def test_what_cannot_be_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong question gets a sentence on standard error, never a traceback."""
    assert main.main(words) == 2
    err = capsys.readouterr().err
    assert err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["version"], ["check", "-h"], ["config", "schema"]])
def test_what_only_tells(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help, version and the schema need no host."""
    assert main.main(words) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "fix", "rollback", "explain", "report"])
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command shows how it is used."""
    assert main.main([command, "--help"]) == 0
    assert f"Examples:\n  liveproof {command}" in capsys.readouterr().out


def test_json_keeps_the_contract(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The document is one JSON text with the run's id, by which the report is found again."""
    _finds(monkeypatch, incident.broken().examination)
    assert main.main(["check", "--format", "json", "--timings"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["verdict"], told["host"]) == ("liveproof/1", "broken", "gateway-1")
    assert {d["root"] for d in told["apps"][0]["diagnoses"]} == {"SYS001", "OPC002", "OPC013"}
    assert {"start", "files", "history"} <= told["timings"].keys()
    assert main.main(["report", told["run"], "--format", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["apps"] == told["apps"]


def test_timings_end_with_a_sum(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every probe has a line, in milliseconds."""
    _finds(monkeypatch, incident.broken().examination)
    main.main(["check", "--timings"])
    lines = capsys.readouterr().out.rstrip().split("\n")
    assert any(line.split() == ["files", "41.0", "ms"] for line in lines)
    assert lines[-1].split()[0] == "together"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_output_goes_to_a_file(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file holds the report and is only its owner's to read; standard output holds nothing."""
    _finds(monkeypatch, incident.broken().examination)
    assert main.main(["check", "--format", form, "--output", str(tmp_path / "report")]) == 1
    assert len((tmp_path / "report").read_text()) > 500
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o600
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "state"]


def test_a_dash_is_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _finds(monkeypatch, incident.broken().examination)
    monkeypatch.chdir(tmp_path)
    assert main.main(["check", "--format", "json", "--output", "-"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "broken"
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("where", ["/no/such/directory/report", "/proc/report", "/"])
def test_a_file_that_cannot_be_written(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2 and the reason."""
    _finds(monkeypatch, incident.broken().examination)
    assert main.main(["check", "--output", where]) == 2
    assert f"cannot write {where}" in capsys.readouterr().err


def test_a_bug_is_told_and_written_down(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 70, a sentence, and the traceback in a private file that the sentence names."""
    _finds(monkeypatch, ZeroDivisionError("a\x1b[31mb"))
    assert main.main(["check"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert "ZeroDivisionError: a\\x1b[31mb" in err
    assert "nothing was changed" in err
    (note,) = (state / "crashes").iterdir()
    assert str(note) in err
    assert "Traceback" in note.read_text()
    assert note.stat().st_mode & 0o077 == 0


def test_a_bug_without_a_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even then it is a sentence."""
    monkeypatch.setenv("LIVEPROOF_STATE", "/proc/liveproof")
    _finds(monkeypatch, ZeroDivisionError())
    assert main.main(["check"]) == 70
    assert "could not be written down" in capsys.readouterr().err


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C: status 130 and one line."""
    _finds(monkeypatch, KeyboardInterrupt())
    assert main.main(["check"]) == 130
    assert capsys.readouterr().err == "liveproof: interrupted; nothing was changed\n"


def test_a_second_interrupt_does_not_break_off_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """timeout(1) signals the process and then its group; people press Ctrl-C twice."""
    _finds(monkeypatch, KeyboardInterrupt())
    said = unexpected.interrupted

    def twice(words: list[str]) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return said(words)

    monkeypatch.setattr(unexpected, "interrupted", twice)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
    try:
        assert main.main(["check"]) == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "liveproof: interrupted; nothing was changed\n"


def test_a_failing_store_fails_no_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict stands; standard error says that the run is not kept, and nobody is sent to look for it."""
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state/history.db").write_bytes(b"garbage" * 999)
    _finds(monkeypatch, incident.broken().examination)
    assert main.main(["check"]) == 1
    out, err = capsys.readouterr()
    assert "not kept" in err
    assert "liveproof report" not in out


def test_a_link_that_leads_nowhere_is_examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dangling `current` is a broken deploy, not a wrong question."""
    (tmp_path / "current").symlink_to("releases/7")
    _finds(monkeypatch, incident.broken().examination)
    assert main.main(["check", str(tmp_path / "current")]) == 1


@pytest.mark.parametrize("code", ["FIL003", "fil003", "bootstrap_cache_not_writable", "bootstrap-cache-not-writable"])
def test_explain_a_rule(code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By code or name: its page with this host's names, and what it found here."""
    _finds(monkeypatch, incident.broken().examination)
    assert main.main(["explain", code]) == 0
    out = capsys.readouterr().out
    assert out.startswith("FIL003 bootstrap_cache_not_writable\n")
    assert "www-data cannot write bootstrap/cache" in out
    assert "{app}" not in out


def test_explain_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen is understood."""
    assert main.main(["explain", "FIL03"]) == 2
    assert "did you mean FIL003" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("code changes still not taking effect", "code changes"),
        ("my new code is not live", "code changes"),
        ("old version after deploy", "code changes"),
        ("stale", "code changes"),
        ("permission denied", "permission denied"),
        ("Permission Denied in logs!", "permission denied"),
        ("failed to open stream: Permission denied", "permission denied"),
        ("storage/logs is not writable", "permission denied"),
        ("socket connection refused", "socket connection refused"),
        ("connect() to unix:/run/php/php8.3-fpm.sock failed (13: Permission denied)", "socket connection refused"),
        ("502 Bad Gateway", "socket connection refused"),
    ],
)
def test_explain_a_symptom(
    words: str, title: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """However a person or a log words it, quoted or not: what to look at here, and what was found there."""
    _finds(monkeypatch, incident.broken().examination)
    for said in ([words], words.split()):
        assert main.main(["explain", *said]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"Symptom: {title}")
        assert "/var/www/api-gateway" in out
        assert "here " in out


def test_report_tells_the_story(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name: the newest check, compared with how it was before the fix that led to it."""
    History().save(incident.fixed())
    _finds(monkeypatch, replace(incident.fixed().examination, started=AT + 60))
    assert main.main(["check"]) == 0
    capsys.readouterr()
    assert main.main(["report"]) == 0
    out = capsys.readouterr().out
    assert "**Status**: PROVEN" in out
    assert "❌ broken | ✅ proven" in out
    assert "**FIXED**" in out


def test_a_fix_that_was_taken_back_is_no_story(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a rollback the newest check stands alone."""
    History().save(incident.fixed())
    back = replace(incident.broken().examination, started=AT + 30)
    History().save(Record("20251024-103030-00", "rollback", "0.1.0", back))
    _finds(monkeypatch, replace(incident.broken().examination, started=AT + 60))
    assert main.main(["check"]) == 1
    capsys.readouterr()
    assert main.main(["report"]) == 0
    out = capsys.readouterr().out
    assert "No earlier run to compare with" in out
    assert "**FIXED**" not in out


def test_report_compares_two_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """--before names any earlier run."""
    History().save(replace(incident.broken(), id="20251024-102900-aa"))
    History().save(replace(incident.fixed(), before=None, repairs=(), kind="check", id="20251024-103100-bb"))
    assert main.main(["report", "20251024-1031", "--before", "20251024-1029"]) == 0
    assert "(run `20251024-102900-aa`)" in capsys.readouterr().out
    assert main.main(["report", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["20251024-103100-bb", "20251024-102900-aa"]
    assert main.main(["report", "--list", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [run["run"] for run in told["runs"]] == ["20251024-103100-bb", "20251024-102900-aa"]


def test_the_list_tells_what_came_of_each_fix(capsys: pytest.CaptureFixture[str]) -> None:
    """A declined, a shown and an applied fix look different, and each tells what was found."""
    fixed = incident.fixed()
    (repair,) = fixed.repairs
    declined = Repair(repair.plan, Outcome(OutcomeKind.REFUSED, "declined; nothing was changed"))
    for name, repairs in (("aa", (repair,)), ("bb", (declined,)), ("cc", (Repair(repair.plan),))):
        History().save(replace(fixed, id=f"20251024-103000-{name}", repairs=repairs))
    assert main.main(["report", "--list", "--format", "json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [run["outcome"] for run in runs] == ["only shown", "declined", "fixed"]
    assert "OPC002" in runs[0]["codes"]
    assert main.main(["report", "--list"]) == 0
    assert "declined" in capsys.readouterr().out


def test_config_show_names_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every effective value with where it came from; a wrong file is status 2 with every error."""
    file = tmp_path / "liveproof.toml"
    file.write_text('[app]\npath = "/var/www/x"\n')
    file.chmod(0o600)
    tmp_path.chmod(0o700)
    status = main.main(["config", "show", "--config", str(file), "--format", "json"])
    out, err = capsys.readouterr()
    if "another user could write it" in err:
        assert status == 2  # the temporary directory of this machine is not root's own
        return
    assert json.loads(out)["app.path"] == {
        "value": "/var/www/x",
        "note": "",
        "source": str(file),
    }
