"""What changed from run to run, and what is folded."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from liveproof.model.history import PART, AppSummary, RunSummary, SeenFinding
from liveproof.report.history.events import Kept, QuietEvent, RunEvent, Wanted, events, folded
from liveproof.report.history.json import jsonl, objects
from liveproof.report.history.links import timeline_lines
from liveproof.report.history.text import history_lines
from liveproof.report.style.lines import plain
from tests.golden import history, hostile

_APP = "/srv/app"


def _run(
    number: int, *codes: str, kind: str = "check", asked: tuple[str, ...] = (), unseen: tuple[str, ...] = (),
    app: str = _APP, disk: str = "proven",
) -> RunSummary:  # fmt: skip
    found = tuple(SeenFinding(f"{code} {app}", code, "high", f"{code} is wrong") for code in codes)
    links = () if kind == PART else (("disk", disk), ("wire", "proven"))
    seen = AppSummary(app, disk, links, found, unseen, asked)
    return RunSummary(f"20250101-{number:06}-aa", float(number), kind, disk, (seen,))


def _events(*runs: RunSummary, before: tuple[RunSummary, ...] = (), wanted: Wanted = Wanted()) -> list[RunEvent]:  # noqa: B008
    found = events(Kept(0.0, 1e9, before, runs), wanted)
    return [event for event in found if isinstance(event, RunEvent)]


def _said(event: RunEvent) -> list[str]:
    return [
        f"{change.link} {change.was}>{change.now}" if change.word == "link" else f"{change.word} {change.finding.code}"
        for change in event.changes
    ]


def test_links_and_findings_come_and_go() -> None:
    """What broke, what was proven again, what was found and is gone."""
    found = _events(_run(1), _run(2, "FIL003", disk="broken"), _run(3, "FIL003", disk="broken"), _run(4))
    assert [_said(event) for event in found] == [
        [],
        ["disk proven>broken", "came FIL003"],
        [],
        ["disk broken>proven", "gone FIL003"],
    ]
    assert [event.first for event in found] == [True, False, False, False]


def test_what_was_not_looked_at_is_not_gone() -> None:
    """Neither by a run of other rules, nor by one that could not see, nor by one of another app."""
    found = _events(
        _run(1, "FIL003"),
        _run(2, kind=PART, asked=("OPC",)),
        _run(3, unseen=("FIL003",)),
        _run(4, app="/srv/other"),
        _run(5, kind=PART, asked=("FIL",)),
    )
    assert [_said(event) for event in found] == [["came FIL003"], [], [], [], ["gone FIL003"]]


def test_what_was_known_before_is_no_news() -> None:
    """The run before the time that is asked for tells how things stood."""
    found = _events(_run(2, "FIL003", disk="broken"), before=(_run(1, "FIL003", disk="broken"),))
    assert [(_said(event), event.quiet) for event in found] == [([], True)]


def test_runs_that_changed_nothing_are_one_event() -> None:
    """Whole and narrow ones are counted; what changed something stands between."""
    runs = [_run(number, kind=PART, asked=("OPC",)) if number % 3 else _run(number) for number in range(1, 100)]
    runs.insert(50, replace(_run(50, "OPC001", kind=PART, asked=("OPC",)), id="20250101-000050-bb", started=50.5))
    runs.insert(51, replace(_run(51, kind=PART, asked=("OPC",)), id="20250101-000050-cc", started=50.6))
    found = list(folded(events(Kept(0.0, 1e9, (), tuple(runs)), Wanted())))
    assert [type(event) for event in found] == [QuietEvent, RunEvent, QuietEvent, RunEvent, RunEvent, QuietEvent]
    quiet = [event for event in found if isinstance(event, QuietEvent)]
    assert sum(event.checks for event in quiet) == 32  # of 33 the first is told
    assert sum(event.narrow for event in quiet) == 66


def test_a_rule_and_an_app_can_be_asked_for() -> None:
    """Only changes of that rule or family, only runs of that app."""
    runs = (_run(1, "FIL003", "OPC001"), _run(2, app="/srv/other"), _run(3))
    found = _events(*runs, wanted=Wanted(("OPC",), _APP))
    assert [_said(event) for event in found] == [["came OPC001"], ["gone OPC001"]]


_PATHS = st.sampled_from(["/a", "/b", hostile.NAME])
_RUNS = st.builds(
    lambda number, codes, kind, asked, unseen, app, disk: _run(
        number, *codes, kind=kind, asked=(asked,) if kind == PART and asked else (), unseen=tuple(unseen), app=app,
        disk=disk,
    ),
    st.integers(0, 500), st.lists(st.sampled_from(["FIL003", "OPC001", "FPM001"]), unique=True),
    st.sampled_from(["check", "fix", "rollback", PART]), st.sampled_from(["", "FIL", "OPC001"]),
    st.lists(st.sampled_from(["FIL003", "OPC001"]), unique=True), _PATHS,
    st.sampled_from(["proven", "broken", "unproven", "not asked"]),
)  # fmt: skip


@given(st.lists(_RUNS, max_size=30))
def test_folding_loses_nothing(runs: list[RunSummary]) -> None:
    """Each run is told or counted once, a finding never comes twice or goes unseen, and all of it can be shown."""
    runs = [replace(run, id=f"{run.id}{number}") for number, run in enumerate(sorted(runs, key=lambda r: r.started))]
    found = events(Kept(0.0, 1e9, (), tuple(runs)), Wanted())
    shown = list(folded(found))
    told = sum(isinstance(event, RunEvent) for event in shown)
    counted = sum(event.checks + event.narrow for event in shown if isinstance(event, QuietEvent))
    assert told + counted == len(runs)
    there: set[str] = set()
    for event in found:
        for change in event.changes if isinstance(event, RunEvent) else ():
            if change.word != "link":
                assert (change.finding.key in there) == (change.word == "gone")
                there ^= {change.finding.key}
    text = plain([*history_lines(shown, several=True), *timeline_lines(runs, 0.0, 500.0)])
    assert all(line.isprintable() for line in text.split("\n"))
    assert "".join(jsonl(shown)).isascii()
    assert len(list(objects(shown))) == len(shown)


def test_a_fix_that_no_record_tells_of_is_told() -> None:
    """Its process was killed: only the journal knows of it."""
    found = [event for event in events(history.kept(), Wanted()) if isinstance(event, RunEvent)]
    assert [event.state for event in found if event.run.kind == "fix"] == ["rolled back", "interrupted"]
