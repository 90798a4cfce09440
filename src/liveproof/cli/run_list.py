"""`liveproof report --list`: the kept runs, newest first, each with what was found and what came of it."""

from dataclasses import dataclass

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.session import open_history
from liveproof.model.run_record import Record
from liveproof.report.content.verdict import STYLES
from liveproof.report.formats.json import SCHEMA, dumps
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import line
from liveproof.report.style.times import clock, iso
from liveproof.store.history import History, NoSuchRun, Run
from liveproof.store.runs import BACK, BACK_IN_PART
from liveproof.store.runs import list_runs as list_journals
from liveproof.store.sqlite import StoreFailed


@dataclass(frozen=True, slots=True)
class _Row:
    """A kept run: ``outcome`` of a fix in words, ``codes`` the root causes found at its beginning."""

    run: Run
    outcome: str
    codes: tuple[str, ...]


def show_runs(console: Console, form: str) -> int:
    """Show the kept runs as lines, or as JSON.

    Raises:
        UsageError: the history cannot be read.
    """
    history = open_history()
    try:
        rows = [_row(history, run) for run in history.runs()]
    except StoreFailed as error:
        raise UsageError(str(error)) from None
    if form == "json":
        runs = [
            {
                "run": row.run.id, "started": iso(row.run.started), "kind": row.run.kind, "verdict": row.run.verdict,
                "outcome": row.outcome, "codes": list(row.codes), "apps": list(row.run.apps),
            }
            for row in rows
        ]  # fmt: skip
        console.text(dumps({"schema": SCHEMA, "liveproof": __version__, "runs": runs}))
        return 0
    if not rows:
        console.lines([line("No run is kept yet; `liveproof check` makes one.")])
    styles = {verdict.value: style for verdict, style in STYLES.items()}
    for row in rows:
        when = f"{row.run.id:<21}{clock(row.run.started):<25}{row.run.kind:<10}"
        verdict = (f"{row.run.verdict:<10}", styles[row.run.verdict])
        outcome = f"{row.outcome}  " if row.outcome else ""
        codes = f"{', '.join(row.codes)}  " if row.codes else ""
        console.lines([line(when, verdict, outcome, codes, (visible(", ".join(row.run.apps)), "dim"), hang=4)])
    return 0


def _row(history: History, run: Run) -> _Row:
    try:
        record = history.load(run.id)
    except (NoSuchRun, StoreFailed):  # forgotten meanwhile, or of another version
        return _Row(run, "", ())
    found = record.before or record.examination
    codes = tuple(dict.fromkeys(diagnosis.root.code for app in found.apps for diagnosis in app.diagnoses))
    return _Row(run, _outcome(record), codes)


def _outcome(record: Record) -> str:
    if record.kind != "fix":
        return ""
    outcomes = []
    for repair in record.repairs:
        outcome = repair.outcome
        kind = outcome.kind.value if outcome else "only shown"
        if outcome and outcome.reason.startswith("declined"):
            kind = "declined"
        outcomes.append(kind)
    states = {run.id: run.state for run in list_journals()}
    if states.get(record.id) in (BACK, BACK_IN_PART):
        outcomes.append(f"{states[record.id]} since")
    return ", ".join(dict.fromkeys(outcomes))
