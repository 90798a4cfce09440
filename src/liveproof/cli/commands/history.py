"""What happened on this host: runs and what changed, alerts, fixes, deploys.

What happened on this host, in the order of time: causes stand above what followed from them, and the newest is at the
end, just above the prompt. Of runs it shows what changed from the one before: links that broke or were proven again,
findings that came or went. Runs that changed nothing are counted in one line.

With --plot and no --rule, the verdict of each link over time; with --rule, what that rule judges (hit ratio, memory,
workers), or how many findings it had.

Examples:
  liveproof history --since 12h
  liveproof history --rule OPC009 --plot
  liveproof history --app /var/www/shop --format jsonl --since 90d > history.jsonl
"""

import argparse
import json
import os
import time
from collections.abc import Iterator

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import OK, USAGE
from liveproof.cli.options import Options, add_config_argument
from liveproof.cli.selection import rule_names
from liveproof.cli.session import load_settings, open_history
from liveproof.model.alerts import Alert
from liveproof.model.durations import seconds
from liveproof.model.history import AnnouncedDeploy, FixJournal, MeasureName
from liveproof.model.settings import Settings
from liveproof.report.history.chart import Frame, findings_lines, measure_lines
from liveproof.report.history.events import Kept, RunEvent, Wanted, events, folded
from liveproof.report.history.json import SCHEMA, jsonl, objects
from liveproof.report.history.links import timeline_lines
from liveproof.report.history.text import history_lines
from liveproof.report.style.escaping import shown
from liveproof.report.style.lines import BLANK, Line, line
from liveproof.report.style.times import clock, iso
from liveproof.rules import load
from liveproof.store import directory as state
from liveproof.store.alerts.book import AlertBook
from liveproof.store.history import Summaries
from liveproof.store.runs import list_runs
from liveproof.store.sqlite import StoreFailed

HELP_ORDER = 6
_MOST_ALERTS = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``history``."""
    parser.add_argument(
        "--rule", metavar="CODE|FAMILY", action="append", default=[], help="only what this rule found (may be repeated)"
    )
    parser.add_argument("--since", metavar="TIME", default="7d", help="how far back: 12h, 7d (default: %(default)s)")
    parser.add_argument("--app", metavar="PATH", default="", help="only this app")
    parser.add_argument("--plot", action="store_true", help="draw it over time")
    parser.add_argument(
        "--format",
        choices=("json", "jsonl", "text"),
        default="text",
        help="the format of the output; jsonl has one object a line (default: %(default)s)",
    )
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show what happened.

    Raises:
        UsageError: what was asked for makes no sense, or the history cannot be read.
    """
    if arguments.plot and arguments.format != "text":
        raise UsageError("--plot draws for people; --format jsonl without it has the values")
    until = time.time()
    try:
        since = until - seconds(arguments.since)
    except ValueError as error:
        raise UsageError(f"--since {error}") from None
    app = os.path.abspath(arguments.app) if arguments.app else ""
    wanted = Wanted(rule_names("--rule", arguments.rule), app)
    kept, failed = _kept(since, until)
    for reason in failed:
        console.message(reason)
    if arguments.plot:
        console.lines(_plot(kept, wanted, load_settings(Options.from_arguments(arguments))))
    elif arguments.format == "jsonl":
        console.text("".join(jsonl(events(kept, wanted))))
    elif arguments.format == "json":
        found = list(objects(folded(events(kept, wanted))))
        head = {"schema": SCHEMA, "liveproof": __version__, "since": iso(since), "until": iso(until)}
        console.text(json.dumps({**head, "events": found}, indent=2) + "\n")
    else:
        console.lines(_text(kept, wanted, complete=not failed))
    return USAGE if failed else OK


def _kept(since: float, until: float) -> tuple[Kept, tuple[str, ...]]:
    """All that can be read, and why the rest cannot."""
    history, failed = open_history(), []
    runs = Summaries()
    deploys: tuple[AnnouncedDeploy, ...] = ()
    alerts: tuple[Alert, ...] = ()
    try:
        runs, deploys = history.summaries(since), history.deploys(since)
    except StoreFailed as error:
        failed.append(str(error))
    try:
        alerts = AlertBook().since(since, _MOST_ALERTS)
    except StoreFailed as error:
        failed.append(str(error))
    if runs.unread:
        failed.append(f"of {runs.unread} older runs only time and verdict could be read")
    if len(alerts) == _MOST_ALERTS:
        failed.append(f"only the newest {_MOST_ALERTS} alerts are shown")
    journals = tuple(FixJournal(one.id, one.app, one.started, one.state, one.steps) for one in list_runs())
    return Kept(since, until, runs.before, runs.runs, alerts, journals, deploys), tuple(failed)


def _text(kept: Kept, wanted: Wanted, *, complete: bool) -> Iterator[Line]:
    seen = {app.path for run in (*kept.before, *kept.runs) for app in run.apps if wanted.path(app.path)}
    found = tuple(folded(events(kept, wanted)))
    if not found and not complete:
        return  # nothing is known; standard error says why
    where = f" to {shown(next(iter(seen)))}" if len(seen) == 1 else ""
    yield line(("What happened", "head"), f"{where} since {clock(kept.since)}, the newest at the end")
    yield BLANK
    if not found:
        yield line(
            f"Nothing of that time is kept in {shown(state.directory())}; `liveproof check` makes a run, --since goes "
            "further back."
        )
        return
    yield from history_lines(found, several=len(seen) > 1)
    if any(isinstance(event, RunEvent) and not event.run.part for event in found):
        yield BLANK
        yield line(("`liveproof report RUN` shows a run, `liveproof rollback RUN` rolls a fix back.", "dim"))


def _plot(kept: Kept, wanted: Wanted, settings: Settings) -> Iterator[Line]:
    if not wanted.codes:
        yield from timeline_lines(kept.runs, kept.since, kept.until, wanted.app)
        return
    frame = Frame(kept.since, kept.until)
    rules = [rule for rule in load() if rule.code in wanted.codes]
    measures = dict.fromkeys(name for rule in rules for name in rule.judges)
    for name in measures:
        yield from measure_lines(kept.runs, name, _limit(name, settings), frame)
    others = tuple(code for code in wanted.codes if not any(rule.code == code and rule.judges for rule in rules))
    if others:
        yield from findings_lines(kept.runs, others, wanted.app, frame)


def _limit(name: MeasureName, settings: Settings) -> float | None:
    """What the configuration asks for at least."""
    return 100 * settings.thresholds.hit_ratio if name == "hit_ratio" else None
