"""The dialogues around fix and rollback."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liveproof.cli import main, session
from liveproof.cli.commands import fix, rollback
from liveproof.cli.console import Console
from liveproof.model.plan import Outcome, OutcomeKind, Plan
from liveproof.model.verdicts import Safety
from liveproof.planning.plan import Contradiction
from liveproof.repair.repair import Repaired
from liveproof.repair.rollback import RolledBack
from liveproof.store.history import History
from liveproof.store.journal_log import Damaged
from liveproof.store.lock import Held
from liveproof.store.runs import NoSuchRun, Run
from tests.golden import incident
from tests.golden.seed_facts import PATH

RUN = "20251024-103000-3f"


class Bench:
    """What stands in for the changing of a host: it says what a real one said, and what it was asked."""

    def __init__(self) -> None:
        self.outcome = Outcome(OutcomeKind.FIXED, "", RUN)
        self.after = incident.fixed().examination
        self.applied: list[Plan] = []
        self.allowed: frozenset[Safety] = frozenset()
        self.answer = ""

    def repair(
        self, plan: Plan, *_: object, ask: Callable[[Plan], bool], allow: frozenset[Safety], **__: object
    ) -> Repaired:
        """As liveproof.repair.repair."""
        self.allowed = allow
        if not ask(plan):
            return Repaired(Outcome(OutcomeKind.REFUSED, "declined"), None, None)
        self.applied.append(plan)
        return Repaired(self.outcome, incident.broken().examination, self.after)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A broken app, a plan that mends it, and nothing that was interrupted."""
    made = Bench()
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("liveproof.config.default_path", lambda: str(tmp_path / "none.toml"))
    monkeypatch.setattr(session, "rule_pages", lambda: incident.PAGES)
    monkeypatch.setattr(fix, "load", lambda: incident.RULES)
    monkeypatch.setattr(session, "examine", lambda *_: incident.broken().examination)
    monkeypatch.setattr(fix, "make_plan", lambda *_, **__: incident.plan())
    monkeypatch.setattr(fix, "recover", lambda *_: ())
    monkeypatch.setattr(fix, "pending", tuple)
    monkeypatch.setattr(rollback, "chosen", lambda _: ())
    monkeypatch.setattr(fix, "repair", made.repair)
    return made


def _person(bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(Console, "interactive", property(lambda _: True))
    monkeypatch.setattr("sys.stdin.readline", lambda: answer, raising=False)


def test_a_fix_is_shown_applied_and_proven(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan, the outcome, before and after, and the status of what holds now; the run is kept under its id."""
    assert main.main(["fix", "--yes"]) == 0
    out = capsys.readouterr().out
    order = ["Plan  ", "why  ", "undo  ", "Left to you", "FIXED", f"liveproof rollback {RUN}", "before", "PROVEN"]
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
    assert bench.allowed == allowed


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


def test_script(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the script goes to standard output."""
    monkeypatch.setattr("liveproof.report.script.script", lambda plan: f"# {plan.digest}\n")
    assert main.main(["fix", "--script"]) == 0
    assert capsys.readouterr().out == "# d1\n"
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
    assert kind.value.upper() in out
    assert ("no step that is allowed" if kind is OutcomeKind.NOTHING_TO_DO else "the reason") in out


@pytest.mark.parametrize("error", [Held("another fix: process 7"), Contradiction("FIL001 and FIL005 want both")])
def test_refused(
    error: Exception, bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lock or a contradiction: status 4 and the reason."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(fix, "recover" if isinstance(error, Held) else "make_plan", fail)
    assert main.main(["fix", "--yes"]) == 4
    assert str(error) in capsys.readouterr().err


def test_an_interrupted_run_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run changes nothing, also not what an earlier fix left; a fix takes it back first."""
    run = Run("20251024-100000-aa", "/var/www/x", 0.0, "interrupted", (), "")
    monkeypatch.setattr(fix, "pending", lambda: (run,))
    main.main(["fix", "--dry-run"])
    assert "liveproof rollback" in capsys.readouterr().err
    monkeypatch.setattr(fix, "recover", lambda *_: (RolledBack(run.id, 3, (), ()),))
    main.main(["fix", "--yes"])
    assert f"run {run.id}, 3 paths put back" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Interrupted in the middle: status 130 and the command that takes back what had begun."""

    def interrupt(*_: object, **__: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(fix, "repair", interrupt)
    run = Run(RUN, "/var/www/x", 0.0, "interrupted", (), "")
    monkeypatch.setattr("liveproof.store.runs.pending", lambda: (run,))
    assert main.main(["fix", "--yes"]) == 130
    assert f"run {RUN}; `liveproof rollback`" in capsys.readouterr().err


def _back(monkeypatch: pytest.MonkeyPatch, *done: RolledBack) -> None:
    monkeypatch.setattr(rollback, "chosen", lambda _: (Run(RUN, "", 0.0, "fixed", ("give 12 entries away",), ""),))
    monkeypatch.setattr(rollback, "rollback", lambda *_, **__: done)


def test_rollback(bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What was put back; status 0 when all of it was."""
    _back(monkeypatch, RolledBack(RUN, 12, (), ("php8.3-fpm.service was reloaded",)))
    assert main.main(["rollback", "--yes"]) == 0
    out = capsys.readouterr().out
    assert f"ROLLED BACK  run {RUN}: 12 paths" in out
    assert "give 12 entries away" in out
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
        (Damaged("line 3 is no record"), 2),
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
    plans = iter((incident.plan(), replace(incident.plan(), app="/var/www/shop", digest="d2")))
    monkeypatch.setattr(fix, "make_plan", lambda *_, **__: next(plans))
    assert main.main(["fix", "--yes", "--format", "json"]) == 0
    assert [outcome["app"] for outcome in json.loads(capsys.readouterr().out)["outcome"]] == [
        PATH,
        "/var/www/shop",
    ]
