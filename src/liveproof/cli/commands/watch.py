"""Keep watch: look again and again, see what happens, and alert.

Looks by the clock and when something happens, alerts through the configured channels, and serves metrics to
Prometheus. It examines in child processes only and repairs nothing, unless --heal is given and the configuration
names what may be fixed. systemd runs it as a service (`liveproof install`); SIGHUP reads the configuration again,
SIGTERM ends it.

Examples:
  liveproof watch
  liveproof watch --once       # from cron: what is due since the last time
  liveproof watch --heal

Exit status:
  0 ended by SIGTERM or SIGINT   2 usage or configuration error   4 another watcher runs
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from functools import partial

from liveproof import rules
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import OK, REFUSED
from liveproof.cli.healing import heal
from liveproof.cli.options import Options, add_app_arguments
from liveproof.cli.session import load_settings
from liveproof.model.secrets import hide
from liveproof.report.style.escaping import visible
from liveproof.store.directory import UnsafeState, unusable
from liveproof.store.lock import WATCH, Held, Lock
from liveproof.watch.loop import ERROR, INFO, Task, Watcher

HELP_ORDER = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``watch``."""
    add_app_arguments(parser)
    parser.add_argument("--once", action="store_true", help="do what is due, send what is due, and end")
    parser.add_argument(
        "--heal", action="store_true", help="fix what [watch] heal names, as far as no request is lost by it"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Watch until a signal.

    Raises:
        UsageError: the configuration is wrong, or the state directory cannot be used.
    """
    options = Options.from_arguments(arguments)
    task = _task(options, console, healing=arguments.heal)
    try:
        with Lock(WATCH):
            asyncio.run(_watch(task, options, console, once=arguments.once, healing=arguments.heal))
    except Held as error:
        console.message(str(error))
        return REFUSED
    except (OSError, UnsafeState) as error:
        raise UsageError(unusable(error)) from None
    return OK


async def _watch(task: Task, options: Options, console: Console, *, once: bool, healing: bool) -> None:
    watcher = Watcher(task)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, watcher.stop)
    if once:
        await watcher.once()
        return

    def reload() -> None:
        try:
            watcher.reload(_task(options, console, healing=healing))
        except UsageError as error:
            task.log(ERROR, f"the configuration is wrong and was not read again: {error}")
        else:
            task.log(INFO, "the configuration was read again")

    loop.add_signal_handler(signal.SIGHUP, reload)
    await watcher.run()


def _task(options: Options, console: Console, *, healing: bool) -> Task:
    settings = load_settings(options)
    known = rules.load()
    if healing and not settings.watch.heal:
        raise UsageError(
            '--heal needs [watch] heal = ["FPM001"] in the configuration: what may be fixed without asking'
        )
    wrong = sorted({*settings.watch.heal} - {*(rule.code for rule in known), *(rule.code[:3] for rule in known)})
    if wrong:
        raise UsageError(f"watch.heal: there is no rule or family {', '.join(wrong)}; `liveproof rules` lists them")
    made_with = options.made_with
    path = made_with.pop("path", "")
    words = tuple(f"--{name}={value}" for name, value in made_with.items())
    configured = tuple(word for word in words if word.startswith("--config="))
    return Task(
        known, settings, path, words, configured, partial(_log, console), partial(heal, words) if healing else None
    )


def _log(console: Console, level: int, text: str) -> None:
    """One line: with its level for the journal (sd-daemon(3)), with the time for everybody else."""
    told = visible(hide(text))
    if os.environ.get("JOURNAL_STREAM"):
        console.error_text(f"<{level}>{told}\n")
    else:
        console.error_text(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {told}\n")
    sys.stderr.flush()
