"""Wait until the deploy is live, as the last step of a deploy script.

Looks at the app in PATH, or at every app that nginx serves, until all links are proven: exit status 0, at once. It ends
before the timeout where waiting cannot help, with the causes and what to run. Progress goes to standard error, a line
when something changes. While `liveproof deploy begin` holds alerts back it waits for `deploy end`, unless --end-deploy
says that this is the deploy's last step. Nothing is changed without --fix.

Examples:
  liveproof gate
  liveproof gate /var/www/shop/current --release "$COMMIT" --timeout 2m
  liveproof gate --fix --end-deploy
  liveproof gate --format junit --output liveproof.xml

Exit status:
  0 proven   1 broken   2 usage or configuration error   3 unproven   70 our bug
  130, 143 ended by SIGINT, SIGTERM
"""

import argparse
import asyncio
import gc
import os
import signal
import time
from dataclasses import replace

from liveproof import __version__, rules
from liveproof.cli import session
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import UNPROVEN
from liveproof.cli.healing import fixed
from liveproof.cli.options import Options, add_app_arguments, add_report_arguments, add_verbose_argument
from liveproof.examine import discover
from liveproof.gate.loop import Ended, Gate, Task
from liveproof.host.reader import Reader
from liveproof.model.durations import seconds, words
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.run_record import Record
from liveproof.model.secrets import hide
from liveproof.model.settings import Settings
from liveproof.model.verdicts import LinkVerdict, Severity
from liveproof.report.style.escaping import visible
from liveproof.store import deploys, lock
from liveproof.store.cache import Cache
from liveproof.store.history import History, new_id
from liveproof.store.sqlite import StoreFailed
from liveproof.watch.triggers.targets import Targets, targets

HELP_ORDER = 8
CHANGES_HOST = True
_LONGEST = 86400.0


class _Signalled(KeyboardInterrupt):
    """SIGINT or SIGTERM came; the argument is its number."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``gate``."""
    add_report_arguments(parser)
    add_app_arguments(parser)
    add_verbose_argument(parser)
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=_timeout, default=60.0, help="how long to wait: 90, 2m (default: 60)"
    )
    parser.add_argument("--fix", action="store_true", help="fix what is broken, as far as no request is lost by it")
    parser.add_argument(
        "--end-deploy", action="store_true", help="end the deploy that `deploy begin` announced, when the gate ends"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Wait, show the last look, and say the verdict as exit status."""
    options = Options.from_arguments(arguments)
    settings, cache = session.prepare(options)
    session.warn_of_interrupted(console)
    if session.hang_reason:
        raise UsageError(session.hang_reason)
    gc.enable()  # this may take longer than a command that ends soon
    gate = Gate(_task(arguments, options, settings, cache, console))
    _handle_signals()
    try:
        ended = gate.run()
    except _Signalled as signalled:
        number = signalled.args[0]
        last = f"the last look said {gate.last}" if gate.last else "nothing was seen yet"
        _say(console, gate.seconds, f"ended by {signal.Signals(number).name}; {last}")
        return 128 + int(number)
    _default_signals()
    if arguments.end_deploy:
        _end_deploy(console, gate)
    return _report(ended, options, settings, console)


def _report(ended: Ended, options: Options, settings: Settings, console: Console) -> int:
    examination = ended.examination
    record = Record(new_id(examination.started), "check", __version__, examination)
    record = replace(record, repairs=session.planned_repairs(examination))
    session.show_record(session.keep_record(record, console, settings), options, console, settings)
    if ended.unsettled and examination.verdict is LinkVerdict.PROVEN:
        return UNPROVEN
    return session.exit_status(examination, Severity.MEDIUM)


def _task(arguments: argparse.Namespace, options: Options, settings: Settings, cache: Cache, console: Console) -> Task:
    def look() -> Examination:
        return session.examine_host(settings, cache, console)

    def first() -> Targets:
        session.ready_probe()
        _, found = discover(Reader(), settings, cache, (Nginx, Fpm))
        apps = tuple(AppExamination(app, (), (), (), facts) for app, facts in found)
        return targets(Examination(os.uname().nodename, time.time(), 0.0, apps, "", ()))

    def held() -> str:
        deploy = None if arguments.end_deploy else deploys.running()
        if deploy and time.time() <= deploy.until:
            ago = words(max(0.0, time.time() - deploy.began) // 10 * 10)
            return f"a deploy that {deploy.by} announced {ago} ago has not ended (`liveproof deploy end`)"
        return lock.held()

    def fix(path: str) -> str:
        given = [f"--{name}={value}" for name, value in options.unsaved.items()]
        return asyncio.run(fixed((*given, "--", path)))

    return Task(
        look,
        first,
        frozenset(rule.code for rule in rules.load() if rule.passing),
        arguments.timeout,
        held,
        (deploys.mark_path(),),
        lambda at, text: _say(console, at, text),
        _fixable,
        fix if arguments.fix else None,
    )


def _fixable(examination: Examination) -> tuple[str, ...]:
    """The apps for which there is a plan with safe steps."""
    plans = (repair.plan for repair in session.planned_repairs(examination))
    return tuple(plan.app for plan in plans if plan.steps)


def _say(console: Console, at: float, text: str) -> None:
    """One line of progress. ``##`` would begin a command of a pipeline's log (`##[error]`, `##vso[`, `##teamcity[`)."""
    console.error_text(f"liveproof: {at:6.1f} s  {visible(hide(text)).replace('##', '# #')}\n")


def _end_deploy(console: Console, gate: Gate) -> None:
    """What `liveproof deploy end` does."""
    try:
        ended = deploys.end()
        if ended:
            History().deploy_ended(ended.began, time.time())
            _say(console, gate.seconds, "the deploy that was announced has ended")
    except (deploys.DeployFailed, StoreFailed) as error:
        console.message(str(error))


def _handle_signals() -> None:
    me = os.getpid()

    def end(number: int, _: object) -> None:
        if os.getpid() != me:  # a child that reads the host
            os._exit(128 + number)
        _default_signals()
        raise _Signalled(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _default_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _timeout(text: str) -> float:
    try:
        found = float(text) if text.replace(".", "", 1).isdigit() and text.isascii() else seconds(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration; write 90 or 2m") from None
    if found > _LONGEST:
        raise argparse.ArgumentTypeError(f"at most a day is waited for, not {text}")
    return found
