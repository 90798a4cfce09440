"""What the commands of alerts share: the book, the outbox and the channels of a configuration."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from liveproof.cli.errors import UsageError
from liveproof.cli.options import Options
from liveproof.cli.session import load_settings
from liveproof.model.dataclass import dataclass
from liveproof.model.settings.alerts import AlertChannel
from liveproof.store.alerts.book import AlertBook
from liveproof.store.alerts.outbox import Outbox
from liveproof.store.sqlite import StoreFailed
from liveproof.watch.alerting.delivery import routes


@dataclass(frozen=True, slots=True)
class Alerting:
    """The alerts of this host and where they go."""

    book: AlertBook
    outbox: Outbox
    channels: tuple[AlertChannel, ...]
    host: str

    def named(self, names: list[str]) -> tuple[AlertChannel, ...]:
        """The channels of these names; all where none is named.

        Raises:
            UsageError: one is not configured.
        """
        known = {channel.name: channel for channel in self.channels}
        for name in names:
            if name not in known:
                has = f"configured: {', '.join(known)}" if known else "none is configured"
                raise UsageError(f"--channel: there is no channel {name} ({has})")
        return tuple(known[name] for name in dict.fromkeys(names)) if names else self.channels


@contextmanager
def alerting(arguments: argparse.Namespace) -> Iterator[Alerting]:
    """The book and the channels, as the configuration has them.

    Raises:
        UsageError: the configuration is wrong, or the book cannot be used.
    """
    table = load_settings(Options.from_arguments(arguments)).alerts
    wanted = routes(table)
    try:
        yield Alerting(AlertBook(wanted), Outbox(wanted), table.channel, os.uname().nodename)
    except StoreFailed as error:
        raise UsageError(str(error)) from None


def add_channel_argument(parser: argparse.ArgumentParser) -> None:
    """``--channel``."""
    parser.add_argument(
        "--channel", metavar="NAME", action="append", default=[], help="only this channel (may be repeated)"
    )
