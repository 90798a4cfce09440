"""Stop holding alerts back: the watcher proves the whole chain once.

Exit status:
  0 ended   1 no deploy had started   2 the state directory cannot be written
"""

import argparse
import time

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, OK
from liveproof.store.deploys import DeployFailed, end
from liveproof.store.history import History
from liveproof.store.sqlite import StoreFailed

HELP_ORDER = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``deploy end`` takes no arguments."""


def run(arguments: argparse.Namespace, console: Console) -> int:  # noqa: ARG001  (one signature for all commands)
    """Take the mark away."""
    try:
        ended = end()
    except DeployFailed as error:
        raise UsageError(str(error)) from None
    if ended is None:
        console.message("no deploy had started; `liveproof deploy begin` holds alerts back")
        return BROKEN
    try:
        History().deploy_ended(ended.began, time.time())
    except StoreFailed as error:
        console.message(f"the history will not know when this deploy ended: {error}")
    console.message("the deploy has ended; a running `liveproof watch` now proves the whole chain")
    return OK
