"""The dialogues around fix and rollback."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liveproof.cli import fix_run, main, session
from liveproof.cli.commands import rollback
from liveproof.cli.console import Console
from liveproof.model.plan import Outcome, OutcomeKind, Plan, Step
from liveproof.model.verdicts import Safety
from liveproof.planning.plan import Contradiction
from liveproof.repair.rollback import RolledBack
from liveproof.steps.service_action import ServiceAction
from liveproof.store.history import History
from liveproof.store.journal_log import Damaged
from liveproof.store.lock import Held
from liveproof.store.runs import NoSuchRun, Run
from tests.golden import incident
from tests.golden.seed_facts import PATH
from tests.unit.cli.conftest import RUN, Bench


def _person(bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(Console, "interactive", property(lambda _: True))
    monkeypatch.setattr("sys.stdin.readline", lambda: answer, raising=False)


def test_a_fix_is_shown_applied_and_proven(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan, the outcome, before and after, and the status of what holds now; the run is kept under its id."""
    assert main.main(["fix", "--yes"]) == 0
    out = capsys.readouterr().out
    order = ["Plan  ", "why  ", "undo  ", "Manual", "FIXED", f"liveproof rollback {RUN}", "before", "PROVEN"]
    assert sorted(order, key=out.index) == order
    assert bench.applied == [incident.plan()]
    kept = History().load(RUN)
    assert (kept.kind, kept.before is not None, kept.repairs[0].outcome) == ("fix", True, bench.outcome)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ([], {Safety.SAFE}),
        (["--allow", "config"], {Safety.SAFE, Safety.CONFIG}),
        (["--allow", "config", "--allow", "drops"], {Safety.SAFE, Safety.CONFIG, Safety.DROPS}),
        (["--allow", "disruptive"], {Safety.SAFE, Safety.CONFIG, Safety.DROPS}),
    ],
)
def test_only_what_is_allowed(words: list[str], allowed: set[Safety], bench: Bench) -> None:
    """What costs more than a safe step needs to be allowed by name."""
    main.main(["fix", "--yes", *words])
    assert bench.options.allow == allowed


def test_the_plan_is_saved_and_nothing_changed(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that says what would be done, and no more; the next command is named."""
    plan_file = tmp_path / "plan.json"
    assert main.main(["fix", "--save", str(plan_file), "--allow", "config"]) == 1
    assert f"liveproof apply {plan_file}" in capsys.readouterr().out
    kept = json.loads(plan_file.read_text())
    assert (kept["allow"], [plan["digest"] for plan in kept["plans"]]) == (["config", "safe"], ["d1"])
    assert [step["what"] for step in kept["plans"][0]["steps"]] == [step.what for step in incident.plan().steps]
    assert "act" not in kept["plans"][0]["steps"][0]
    assert not bench.applied


def test_ignore_leaves_the_others(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """All but what is ignored; of what is selected, too; where nothing is left that is said."""
    main.main(["fix", "--yes", "--ignore", "OPC,FIL001"])
    assert {"FIL003", "LAR001"} <= bench.options.select
    assert not any(code.startswith("OPC") or code == "FIL001" for code in bench.options.select)
    main.main(["fix", "--yes", "--select", "FIL", "--ignore", "FIL001"])
    assert {code[:3] for code in bench.options.select} == {"FIL"}
    assert main.main(["fix", "--yes", "--select", "FIL001", "--ignore", "FIL"]) == 2
    assert "no rule is left" in capsys.readouterr().err


def test_select_knows_rules_and_families(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Several in one word or several words; what is no rule is told before anything is done."""
    assert main.main(["fix", "--yes", "--select", "fil003,OPC", "--select", "LAR002"]) == 0
    assert bench.options.select == {"FIL003", "OPC", "LAR002"}
    assert main.main(["fix", "--yes", "--select", "FIL993"]) == 2
    assert "FIL993" in capsys.readouterr().err


def _plans(monkeypatch: pytest.MonkeyPatch, *plans: Plan) -> None:
    """One plan after the other, the last one from then on."""
    left = list(plans)
    monkeypatch.setattr(fix_run, "make_plan", lambda *_, **__: left.pop(0) if len(left) > 1 else left[0])


def test_what_a_fix_brings_to_light_is_planned_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Up to three rounds, each shown with its own outcome; the same plan is not tried twice."""
    first = incident.plan()
    _plans(monkeypatch, first, *(replace(first, digest=f"d{number}") for number in range(2, 9)))
    assert main.main(["fix", "--yes"]) == 0
    assert [plan.digest for plan in bench.applied] == ["d1", "d2", "d3"]
    out = capsys.readouterr().out
    assert [word in out for word in ("Round 2", "Round 3", "Round 4")] == [True, True, False]
    bench.applied.clear()
    _plans(monkeypatch, first)
    main.main(["fix", "--yes"])
    assert [plan.digest for plan in bench.applied] == ["d1"]


def test_a_round_that_is_rolled_back_is_the_last(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not fixed brings nothing to light."""
    bench.outcome = Outcome(OutcomeKind.ROLLED_BACK, "FIL003 is still found")
    _plans(monkeypatch, incident.plan(), replace(incident.plan(), digest="d2"))
    assert main.main(["fix", "--yes"]) == 1
    assert len(bench.applied) == 1


@pytest.mark.parametrize(("answer", "accepted"), [("y\n", {"restart php8.2-fpm.service"}), ("n\n", set())])
def test_what_costs_more_is_offered_one_by_one(
    answer: str,
    accepted: set[str],
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a terminal: with what it costs; what comes along with it is not asked for."""
    restart = Step(ServiceAction("restart", "php8.2-fpm"), "the socket is gone", "", fixes=("FPM002",))
    along = Step(ServiceAction("reload", "nginx"), "read again", "reload", fixes=("FPM002",))
    monkeypatch.setattr(fix_run, "make_plan", lambda *_, **__: replace(incident.plan(), held_back=(restart, along)))
    answers = iter((answer, "y\n"))
    _person(bench, monkeypatch, "y\n")
    monkeypatch.setattr("sys.stdin.readline", lambda: next(answers), raising=False)
    assert main.main(["fix"]) == 0
    assert bench.options.accepted == accepted
    out = capsys.readouterr().out
    assert out.count("Include this step?") == 1
    assert "may delay or drop requests" in out


def test_json_tells_all(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Plan, outcome, before and after; nothing else on standard output."""
    assert main.main(["fix", "--yes", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [outcome["kind"] for outcome in told["outcome"]] == ["fixed"]
    assert (told["before"]["verdict"], told["after"]["verdict"], told["verdict"]) == ("broken", "proven", "proven")
    assert told["plan"][0]["manual"][0][0] == "SYS001"


@pytest.mark.parametrize("answer", ["y\n", "yes\n", "Y\n"])
def test_yes_means_yes(answer: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who agrees."""
    _person(bench, monkeypatch, answer)
    assert main.main(["fix"]) == 0
    assert bench.applied


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "yeah\n"])
def test_everything_else_means_no(
    answer: str, bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person who does not agree, or is gone: status 4, nothing changed."""
    _person(bench, monkeypatch, answer)
    assert main.main(["fix"]) == 4
    assert not bench.applied
    assert "declined" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--format", "json"], ["--output", "x"]])
def test_nobody_to_ask(words: list[str], bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal nothing is even looked at: status 2 and what to add."""
    assert main.main(["fix", *words]) == 2
    assert "--yes" in capsys.readouterr().err
    assert not bench.applied


@pytest.mark.parametrize("form", ["text", "json"])
def test_dry_run(form: str, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan is shown, nothing is asked, changed or kept; the status is that of the host as it is."""
    assert main.main(["fix", "--dry-run", "--format", form]) == 1
    out = capsys.readouterr().out
    if form == "json":
        told = json.loads(out)
        assert (told["outcome"], told["after"], len(told["plan"][0]["steps"])) == ([], None, 3)
    else:
        assert "Nothing was changed: the plan was only shown." in out
    assert not bench.applied
    assert not (tmp_path / "state/history.db").exists()


def test_script(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the script goes to standard output: comments, and the one line that applies the saved plan."""
    assert main.main(["fix", "--script"]) == 2
    assert "--save" in capsys.readouterr().err
    plan_file = tmp_path / "my plan.json"
    assert main.main(["fix", "--script", "--save", str(plan_file)]) == 0
    out = capsys.readouterr().out
    runs = [line for line in out.splitlines() if line and not line.startswith("#")]
    assert runs == [f"liveproof apply '{plan_file}'"]
    assert plan_file.stat().st_mode & 0o777 == 0o600
    assert not bench.applied


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (OutcomeKind.FIXED, 0),
        (OutcomeKind.NOTHING_TO_DO, 1),
        (OutcomeKind.ROLLED_BACK, 1),
        (OutcomeKind.FAILED, 1),
        (OutcomeKind.REFUSED, 4),
    ],
)
def test_exit_status(kind: OutcomeKind, status: int, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """What came of it decides; what is not fixed is never 0."""
    bench.outcome = Outcome(kind, "the reason", RUN if kind is OutcomeKind.FIXED else "")
    bench.after = incident.fixed().examination if kind is OutcomeKind.FIXED else incident.broken().examination
    assert main.main(["fix", "--yes"]) == status
    out = capsys.readouterr().out
    nothing = kind is OutcomeKind.NOTHING_TO_DO
    assert ("NOT FIXED: 1 needs you" if nothing else kind.value.upper()) in out
    assert ("SYS001" if nothing else "the reason") in out


@pytest.mark.parametrize("error", [Held("another fix: process 7"), Contradiction("FIL001 and FIL005 want both")])
def test_refused(
    error: Exception, bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lock or a contradiction: status 4 and the reason."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(fix_run, "recover" if isinstance(error, Held) else "make_plan", fail)
    assert main.main(["fix", "--yes"]) == 4
    assert str(error) in capsys.readouterr().err


def test_an_interrupted_run_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run changes nothing, also not what an earlier fix left; a fix takes it back first."""
    run = Run("20251024-100000-aa", "/var/www/x", 0.0, "interrupted", (), "")
    monkeypatch.setattr(session, "pending", lambda: (run,))
    for words in (["fix", "--dry-run"], ["check"]):
        main.main(words)
        told = capsys.readouterr().err
        assert "a fix of /var/www/x was interrupted on 1970-01-01" in told
        assert "liveproof rollback" in told
    monkeypatch.setattr(fix_run, "recover", lambda *_: (RolledBack(run.id, 3, (), ()),))
    main.main(["fix", "--yes"])
    assert f"run {run.id}, 3 paths restored" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Interrupted in the middle: status 130 and the command that takes back what had begun."""

    def interrupt(*_: object, **__: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(fix_run, "repair", interrupt)
    run = Run(RUN, "/var/www/x", 0.0, "interrupted", (), "")
    monkeypatch.setattr("liveproof.cli.unexpected.pending", lambda: (run,))
    assert main.main(["fix", "--yes"]) == 130
    assert f"run {RUN}; `liveproof rollback`" in capsys.readouterr().err


_STEPS = ("give 12 entries away", "reload php8.3-fpm.service", "start nginx.service")


def _back(monkeypatch: pytest.MonkeyPatch, *done: RolledBack) -> None:
    monkeypatch.setattr(rollback, "chosen", lambda _: (Run(RUN, "", 0.0, "fixed", _STEPS, "", _STEPS[1:]),))
    monkeypatch.setattr(rollback, "rollback", lambda *_, **__: done)


def test_rollback(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What was put back; status 0 when all of it was."""
    _back(monkeypatch, RolledBack(RUN, 12, (), ("php8.3-fpm.service was reloaded",)))
    assert main.main(["rollback", "--yes"]) == 0
    out = capsys.readouterr().out
    assert f"ROLLED BACK  run {RUN}: 12 paths" in out
    assert "undo      give 12 entries away" in out
    assert "then      again: reload php8.3-fpm.service" in out
    assert "then      stop nginx.service, if the fix started it" in out
    assert "was reloaded" in out


def test_rollback_in_part(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What somebody else changed since is left alone: status 1, each path with its reason, shown safely."""
    _back(monkeypatch, RolledBack(RUN, 11, (("/var/www/x\x1b[2J", "changed since"),), ()))
    assert main.main(["rollback", "--yes"]) == 1
    out = capsys.readouterr().out
    assert "ROLLED BACK IN PART" in out
    assert "/var/www/x\\x1b[2J: changed since" in out
    assert main.main(["rollback", "--yes", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["rolled_back"][0]["refused"] == [{"path": "/var/www/x\x1b[2J", "reason": "changed since"}]


def test_nothing_to_take_back(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """No fix stands: said, status 0, nobody asked."""
    assert main.main(["rollback"]) == 0
    assert "Nothing to roll back" in capsys.readouterr().out


def test_rollback_asks(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It changes the host, so it asks; nobody there is status 2, no is status 4."""
    _back(monkeypatch, RolledBack(RUN, 1, (), ()))
    assert main.main(["rollback"]) == 2
    _person(bench, monkeypatch, "n\n")
    assert main.main(["rollback"]) == 4
    _person(bench, monkeypatch, "y\n")
    assert main.main(["rollback"]) == 0
    assert f"Roll back run {RUN}?" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoSuchRun("no run x"), 2),
        (Damaged("line 3 is not a record"), 2),
        (Held("another fix"), 4),
        (PermissionError(13, "Permission denied"), 2),
    ],
)
def test_rollback_refused(
    error: Exception, status: int, bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its reason."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(rollback, "chosen", lambda _: (Run(RUN, "", 0.0, "fixed", (), ""),))
    monkeypatch.setattr(rollback, "rollback", fail)
    assert main.main(["rollback", "x", "--yes"]) == status
    assert str(error.args[-1]) in capsys.readouterr().err


def test_two_apps(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each app has its plan and its outcome; the worst decides."""
    monkeypatch.setattr(session, "examine", lambda *_: incident.several().examination)
    monkeypatch.setattr(fix_run, "make_plan", lambda app, *_: replace(incident.plan(), app=app.app.path))
    assert main.main(["fix", "--yes", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["outcome"]
    assert sorted(outcome["app"] for outcome in told) == [PATH, "/var/www/shop"]
