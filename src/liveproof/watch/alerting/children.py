"""Starts what sends alerts: a child for each channel that has something due, so that one that hangs hangs nothing."""

import asyncio
import time
from collections.abc import Callable, Sequence

from liveproof.store.alerts.outbox import Outbox
from liveproof.watch import child

_LIMIT_SECONDS = 120.0  # of one child; a message that hangs is given up by the child itself, long before


class Sending:
    """Children that send. ``told`` is called with a channel and why it did not take a message (empty: it did)."""

    def __init__(self, outbox: Outbox, options: Sequence[str], told: Callable[[str, str], None]) -> None:
        self._outbox, self._options, self._told = outbox, tuple(options), told
        self._running: dict[str, asyncio.Task[None]] = {}

    def start_due(self) -> None:
        """Start a child for each channel that has something to send and none at work.

        Raises:
            StoreFailed: the book of alerts cannot be used.
        """
        for channel in self._outbox.due(time.time()):
            if channel not in self._running:
                self._running[channel] = asyncio.create_task(self._send(channel))

    async def finish(self, seconds: float) -> None:
        """Wait for the children that are at work, but not for ever."""
        if self._running:
            await asyncio.wait(tuple(self._running.values()), timeout=seconds)
        for task in tuple(self._running.values()):
            task.cancel()

    async def _send(self, channel: str) -> None:
        try:
            ended = await child.run(("alert", "deliver", "--channel", channel, *self._options), _LIMIT_SECONDS)
        finally:
            self._running.pop(channel, None)
        why = ended.why or (ended.error.partition("\n")[0] if ended.status else "")
        self._told(channel, why)
