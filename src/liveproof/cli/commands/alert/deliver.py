"""Send what is due, once.

Send what is due through each channel, once, and say nothing where nothing is. `liveproof watch` starts this by itself;
without it, run it from cron. Only one process sends through a channel at a time.

Exit status: 0 all that was due was sent, 1 a channel did not take a message (it is tried again later), 2 usage.
"""

import argparse
import time

from liveproof.cli.alerting import add_channel_argument, alerting
from liveproof.cli.console import Console
from liveproof.cli.exit_status import BROKEN, OK
from liveproof.cli.options import add_config_argument
from liveproof.report.style.escaping import visible
from liveproof.report.style.times import clock
from liveproof.watch.alerting.delivery import deliver


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``alert deliver``."""
    add_channel_argument(parser)
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Send what is due.

    Raises:
        UsageError: the configuration is wrong, or the book of alerts cannot be used.
    """
    status = OK
    with alerting(arguments) as alerts:
        channels = alerts.named(arguments.channel)
        alerts.book.repeat_due(time.time())
        for channel in channels:
            for sent in deliver(alerts.outbox, channel, alerts.host):
                if sent.why:
                    status = BROKEN
                    console.message(f"{sent.channel}: not sent: {sent.why}; next try {clock(sent.next_try)}")
                else:
                    console.text(f"{sent.channel}: sent: {visible(sent.subject)}\n")
    return status
