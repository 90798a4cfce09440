"""The checklist on the command line: what is shown, what is asked for, and the statuses."""

import json

import pytest

from liveproof.cli import main
from liveproof.cli.commands import prevent
from liveproof.model.plan import Outcome, OutcomeKind
from liveproof.model.verdicts import Safety
from liveproof.prevention.item import Judged, Seen, State
from liveproof.rules import load
from tests.golden.contracts import refuse_other
from tests.unit.cli.conftest import RUN, Bench

DONE, OPEN, UNKNOWN, NONE = State.DONE, State.OPEN, State.UNKNOWN, State.NOT_APPLICABLE


@pytest.fixture(autouse=True)
def _judged(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _states(monkeypatch, DONE, OPEN)


def _states(monkeypatch: pytest.MonkeyPatch, *states: State) -> None:
    items = tuple(
        Judged(f"item_{n}", f"Item {n}", Seen(state, "x password=hunter2", ("do this",), ("run it",)), ("OPC013",))
        for n, state in enumerate(states)
    )
    monkeypatch.setattr(prevent._Lists, "_judged", lambda *_: items)


@pytest.mark.parametrize(
    ("states", "status"),
    [((DONE, NONE), 0), ((DONE, OPEN, UNKNOWN), 1), ((DONE, UNKNOWN), 3), ((NONE,), 0)],
)
def test_status(states: tuple[State, ...], status: int, monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    """0 all done, 1 something open, 3 something unseen; nothing is applied."""
    _states(monkeypatch, *states)
    assert main.main(["prevent"]) == status
    assert main.main(["prevent", "--format", "json"]) == status
    assert bench.applied == []


def test_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A line an item, with what was seen and what to do; secrets stay here."""
    main.main(["prevent"])
    out = capsys.readouterr().out
    assert "1 done, 1 open" in out
    assert "Item 1: x password=[hidden]\n" in out
    assert out.index("do this") < out.index("run it") < out.index("liveproof prevent --apply")
    main.main(["prevent", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    refuse_other(told, "liveproof-prevent-1")
    (app,) = told["apps"]
    assert [item["state"] for item in app["items"]] == ["done", "open"]
    assert "hunter2" not in json.dumps(told)


@pytest.mark.parametrize("words", [["--yes"], ["--allow", "config"], ["--dry-run"], ["--diff"]])
def test_what_is_for_apply(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without --apply nothing is planned, and whoever thinks so is told."""
    assert main.main(["prevent", *words]) == 2
    assert "is for --apply" in capsys.readouterr().err


def test_apply_plans_what_prevents(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The very plan of fix, for the rules of the checklist, notices included, with what is allowed."""
    assert main.main(["prevent", "--apply", "--yes", "--allow", "config"]) == 1
    assert len(bench.applied) == 1
    assert bench.options.select == {rule.code for rule in load() if rule.prevents}
    assert bench.options.allow == {Safety.SAFE, Safety.CONFIG}
    assert bench.options.notices
    out = capsys.readouterr().out
    assert out.count("Prevention checklist") == 2  # before and after
    assert f"liveproof rollback {RUN}" in out


def test_dry_run_changes_nothing(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan is shown."""
    assert main.main(["prevent", "--apply", "--dry-run"]) == 1
    assert bench.applied == []
    out = capsys.readouterr().out
    assert "Plan  " in out
    assert "Nothing was changed" in out
    main.main(["prevent", "--apply", "--dry-run", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["plan"][0]["steps"]
    refuse_other(told, "liveproof-prevent-1")


@pytest.mark.parametrize(
    ("kind", "status"),
    [(OutcomeKind.REFUSED, 4), (OutcomeKind.ROLLED_BACK, 1), (OutcomeKind.FAILED, 1), (OutcomeKind.FIXED, 0)],
)
def test_outcome(
    kind: OutcomeKind,
    status: int,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was refused or rolled back is no success, whatever the checklist says."""
    _states(monkeypatch, DONE)
    bench.outcome = Outcome(kind, "", RUN)
    assert main.main(["prevent", "--apply", "--yes"]) == status
    capsys.readouterr()
    main.main(["prevent", "--apply", "--yes", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert [one["run"] for one in told["outcome"]] == [RUN]
    refuse_other(told, "liveproof-prevent-1")


def test_nobody_is_there_to_be_asked(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal --yes is needed."""
    assert main.main(["prevent", "--apply"]) == 2
    assert main.main(["prevent", "--apply", "--format", "json"]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert bench.applied == []


def test_plain_boxes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the locale has no boxes there are brackets."""
    main.main(["prevent"])
    assert "☑ Item 0" in capsys.readouterr().out
    monkeypatch.setattr(prevent, "_boxes", lambda: False)
    main.main(["prevent"])
    assert "[x] Item 0" in capsys.readouterr().out
