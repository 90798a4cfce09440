"""Send a test message through each channel.

Send a message that says that it is a test through each channel, and say which took it. A mail server that takes a
message may still lose it: look into the mailbox once.

Exit status: 0 every channel took it, 1 one did not, 2 no channel is configured.
"""

import argparse
import time

from liveproof.cli.alerting import add_channel_argument, alerting
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, OK
from liveproof.cli.options import add_config_argument
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import line
from liveproof.report.style.times import span
from liveproof.watch.alerting.channels import NotSent
from liveproof.watch.alerting.delivery import try_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``alert test``."""
    add_channel_argument(parser)
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Try each channel.

    Raises:
        UsageError: the configuration is wrong or names no channel.
    """
    status = OK
    with alerting(arguments) as alerts:
        channels = alerts.named(arguments.channel)
        if not channels:
            raise UsageError("no channel is configured: liveproof.toml needs [[alerts.channel]] (docs/alerts.md)")
        width = max(len(channel.name) for channel in channels) + 2
        for channel in channels:
            console.progress(f"sending through {channel.name}")
            began = time.monotonic()
            try:
                try_out(channel, alerts.host, time.time())
            except NotSent as failed:
                status = BROKEN
                spans = ("not sent  ", "bad"), visible(str(failed))
            else:
                spans = ("sent      ", "good"), f"taken after {span(time.monotonic() - began)}"
            console.lines([line(f"{channel.name:<{width}}", *spans, hang=width + 10)])
    return status
