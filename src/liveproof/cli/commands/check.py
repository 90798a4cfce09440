"""Look, and say what holds. Changes nothing.

Look at the app in PATH, or at every app that nginx serves, and say what holds. Nothing is changed. The app gets one
GET / through nginx, or the configured requests, which it logs as any other; --no-requests sends none.

Examples:
  liveproof check
  liveproof check /var/www/api-gateway --format json
  liveproof check --format markdown --output report.md
  liveproof check --select OPC,FPM006
  liveproof check -q --fail-on high

Exit status:
  0 proven   1 broken   2 usage or configuration error   3 unproven   70 our bug
  With --select, 0 says that these rules found nothing; no link is proven by that.
  With --fail-on, findings less severe than that count for nothing here; they are reported all the same.
"""

import argparse
import os
import time
from dataclasses import replace

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.options import (
    Options,
    add_app_arguments,
    add_ignore_argument,
    add_report_arguments,
    add_select_argument,
    add_verbose_argument,
)
from liveproof.cli.session import (
    examine_host,
    exit_status,
    keep_record,
    planned_repairs,
    prepare,
    show_record,
    warn_of_interrupted,
)
from liveproof.model.run_record import Record
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Severity
from liveproof.store.history import new_id

HELP_ORDER = 1
_SEVERITIES = tuple(severity.value for severity in Severity)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``check``."""
    add_report_arguments(parser)
    add_app_arguments(parser)
    detail = parser.add_mutually_exclusive_group()
    add_verbose_argument(detail)
    detail.add_argument(
        "-q", "--quiet", action="store_true", help="print nothing where all is proven, else a line for each cause"
    )
    add_select_argument(parser, "ask only these rules")
    parser.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=_SEVERITIES,
        default=Severity.MEDIUM.value,
        help="exit with 1 only for findings at least this severe: critical, high, medium (default) or notice",
    )
    parser.add_argument("--no-requests", action="store_true", help="send the app no request; the wire is unproven then")
    add_ignore_argument(parser, "ask all but these rules")
    parser.add_argument("--timings", action="store_true", help="say what the time went to")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, keep the run, show it; the exit status says the verdict."""
    options = Options.from_arguments(arguments)
    clock = time.perf_counter()
    settings, cache = prepare(options)
    if arguments.select or arguments.ignore:
        settings = _narrowed(settings, arguments)
    settings = replace(settings, requests=not arguments.no_requests)
    warn_of_interrupted(console)
    prepared = time.perf_counter()
    examination = examine_host(settings, cache, console)
    record = Record(new_id(examination.started), "check", __version__, examination)
    record = replace(record, repairs=planned_repairs(examination))
    examined = time.perf_counter()
    record = keep_record(record, console, settings)
    stored = time.perf_counter()
    timings: tuple[tuple[str, float], ...] = ()
    if options.timings:
        steps = (("configuration", prepared - clock), *examination.timings, ("history", stored - examined))
        rest = stored - clock - sum(seconds for _, seconds in steps)
        timings = (("start", _since_start() - (time.perf_counter() - clock)), *steps, ("everything else", rest))
    show_record(record, options, console, settings, timings=timings)
    return exit_status(examination, Severity(arguments.fail_on))


def _narrowed(settings: Settings, arguments: argparse.Namespace) -> Settings:
    from liveproof.cli.selection import narrowed  # noqa: PLC0415  (a plain check names no rule)

    return narrowed(settings, arguments.select, arguments.ignore)


def _since_start() -> float:
    """Seconds since this process was started, to the kernel's hundredth of a second (proc_pid_stat(5))."""
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
