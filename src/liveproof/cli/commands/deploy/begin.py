"""Hold alerts back, since a deploy begins.

Hold alerts back until `liveproof deploy end`, which proves the whole chain once. A deploy that has not ended when its
time is over is alerted of, and judged as it is then.

Exit status:
  0 announced   2 usage error, or the state directory cannot be written
"""

import argparse
import os
import time

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import OK
from liveproof.model.durations import seconds, words
from liveproof.model.history import AnnouncedDeploy
from liveproof.store.deploys import Deploy, DeployFailed, begin, running
from liveproof.store.history import History
from liveproof.store.sqlite import StoreFailed

HELP_ORDER = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``deploy begin``."""
    parser.add_argument(
        "--for", dest="duration", metavar="DURATION", default="30m", help="how long it may take (default: 30m)"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the mark that the watcher reads."""
    try:
        duration = seconds(arguments.duration)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    now, before = time.time(), running()
    who = os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.geteuid())
    try:
        begin(Deploy(now, now + duration, who))
    except DeployFailed as error:
        raise UsageError(str(error)) from None
    try:
        history = History()
        if before:
            history.deploy_ended(before.began, now)
        history.deploy_began(AnnouncedDeploy(now, now + duration, who))
    except StoreFailed as error:
        console.message(f"the history will not know of this deploy: {error}")
    if before:
        console.message("a deploy had started and not ended; it counts as ended, and this one runs")
    console.message(f"alerts are held until `liveproof deploy end`, for {words(duration)} at most")
    return OK
