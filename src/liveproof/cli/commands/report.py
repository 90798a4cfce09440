"""Show a kept run as a document.

Show a kept run as a document. Without RUN the newest, together with the fix that led to it.

Examples:
  liveproof report > report.md
  liveproof report --list
  liveproof report 20261123-211501-3f --before 20261122-090000-a1
"""

import argparse
from dataclasses import replace

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.options import Options, add_config_argument, add_report_arguments
from liveproof.cli.run_list import show_runs
from liveproof.cli.session import load_settings, open_history, show_record
from liveproof.model.run_record import Record
from liveproof.store.history import History, NoSuchRun
from liveproof.store.sqlite import StoreFailed

HELP_ORDER = 5

# How long before a check a fix may have been made that led to it, in seconds.
_LED_TO_IT = 24 * 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``report``."""
    parser.add_argument("run", metavar="RUN", nargs="?", default="", help="the run's id or its beginning")
    parser.add_argument("--before", metavar="RUN", default="", help="compare with this earlier run")
    parser.add_argument("--list", action="store_true", help="list the kept runs")
    add_report_arguments(parser, default="markdown")
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show a kept run again, or the list of them.

    Raises:
        UsageError: there is no such run, or the history cannot be read.
    """
    if arguments.list:
        return show_runs(console, arguments.format)
    options = Options.from_arguments(arguments)
    history = open_history()
    settings = load_settings(options)
    try:
        record, earlier = (history.load(arguments.run), None) if arguments.run else _newest(history)
        if arguments.before:
            earlier = history.load(arguments.before)
    except (NoSuchRun, StoreFailed) as error:
        raise UsageError(str(error)) from None
    if earlier is None and record.before:
        earlier = replace(record, examination=record.before, before=None)
    show_record(record, options, console, settings, before=earlier)
    return 0


def _newest(history: History) -> tuple[Record, Record | None]:
    """The newest run; for a check the fix that led to it goes with it, and how the host was before that fix."""
    runs = history.runs()
    if not runs:
        raise NoSuchRun("no run is kept yet; `liveproof check` makes one")
    newest = runs[0]
    record = history.load(newest.id)
    if newest.kind != "check":
        return record, None
    for earlier in runs[1:]:
        if earlier.kind == "rollback" and earlier.apps == newest.apps:
            break
        if earlier.kind == "fix" and earlier.apps == newest.apps and newest.started - earlier.started < _LED_TO_IT:
            fix = history.load(earlier.id)
            fixed = any(repair.outcome and repair.outcome.kind.stands for repair in fix.repairs)
            if fix.before and fixed:
                return replace(record, repairs=fix.repairs), replace(fix, examination=fix.before, before=None)
    return record, None
