"""Send no alerts of a code or family for a while.

Send no alerts of a code or family for a while. They are still listed by `liveproof alert list`; what is still wrong
when the silence ends is sent then. Who was told that something broke is also told during a silence that it is over.

Examples:
  liveproof silence FIL003 --for 2h --why "the disk is being changed"
  liveproof silence OPC --for 1d --why "until the new release"
  liveproof silence FIL003 --end
"""

import argparse
import os
import pwd
import re
import time

from liveproof import rules
from liveproof.cli.alerting import alerting
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.options import add_config_argument
from liveproof.model.durations import seconds
from liveproof.report.style.times import clock

HELP_ORDER = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``silence``."""
    parser.add_argument("code", metavar="CODE|FAMILY", help="such as FIL003, or FIL for its family")
    parser.add_argument("--for", metavar="TIME", dest="time", default="", help="how long: 30m, 2h, 1d")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for those who wonder")
    parser.add_argument("--end", action="store_true", help="end the silence now")
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Make a silence or end one.

    Raises:
        UsageError: what was asked for makes no sense, or the book of alerts cannot be used.
    """
    code, now = arguments.code.upper(), time.time()
    if not re.fullmatch(r"[A-Z]{3}(\d{3})?", code, re.ASCII):
        raise UsageError(f"{arguments.code} is neither a code such as FIL003 nor a family such as FIL")
    if arguments.end == bool(arguments.time):
        raise UsageError("either --for says how long, such as --for 2h, or --end ends the silence")
    try:
        until = now + (seconds(arguments.time) if arguments.time else 0.0)
    except ValueError as error:
        raise UsageError(f"--for {error}") from None
    if until == now and not arguments.end:
        raise UsageError("--for should be longer than nothing")
    with alerting(arguments) as alerts:
        if arguments.end:
            if not alerts.book.end_silence(code, now):
                silenced = ", ".join(each.code for each in alerts.book.silences(now)) or "nothing"
                raise UsageError(f"{code} is not silenced; silenced: {silenced}")
            console.text(f"{code} is no longer silenced; what is still wrong is sent\n")
            return 0
        alerts.book.silence(code, until, arguments.why, _by(), now)
        held = {each.problem.code for each in alerts.book.open_alerts()}
    console.text(f"{code} is silenced until {clock(until)}; `liveproof silence {code} --end` ends it before\n")
    known = {*rules.codes(), *held}
    if code not in known | {each[:3] for each in known}:
        console.message(f"no rule and no open alert has the code {code}; `liveproof rules` lists those of rules")
    return 0


def _by() -> str:
    """Who asks: behind sudo, the person."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return os.environ.get("SUDO_USER") or name
