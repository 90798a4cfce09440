"""Samples from a child process: it is started again when it ends, and never waited for."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence

from liveproof.model.codec import Misshapen, from_json
from liveproof.model.sample import Sample
from liveproof.model.secrets import hide
from liveproof.watch.child import command

_LINE = 8 * 1024 * 1024
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_GRACE = 1.0


class Feed:
    """The child that samples.

    Attributes:
        why: why there is no sample now, empty while they come.
        at: the moment of the monotonic clock at which the last line came.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.why = ""
        self.at = time.monotonic()
        self._words = words
        self._process: asyncio.subprocess.Process | None = None

    async def samples(self) -> AsyncIterator[Sample]:
        """Every sample, for as long as it is asked for."""
        pause = _FIRST_PAUSE
        while True:
            async for sample in self._of_one_child():
                pause = _FIRST_PAUSE
                yield sample
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def end(self) -> None:
        """End the child."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sent)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await process.wait()
                    return

    async def _of_one_child(self) -> AsyncIterator[Sample]:
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *command(self._words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                limit=_LINE,
            )
        except OSError as error:
            self.why = f"`liveproof sample` could not be started: {error.strerror or error}"
            return
        assert process.stdout is not None
        assert process.stderr is not None
        said = asyncio.create_task(_last_words(process.stderr))
        try:
            while line := await process.stdout.readline():
                sample = _sample(line)
                if sample is None:
                    self.why = "`liveproof sample` wrote what is not a sample"
                    return
                self.why, self.at = "", time.monotonic()
                yield sample
            words = await said
            self.why = f"`liveproof sample` ended{f': {words}' if words else ''}; it is started again"
        except ValueError:  # a line that is longer than any sample
            self.why = "`liveproof sample` wrote a line that is too long; it is started again"
        finally:
            said.cancel()
            await self.end()


def _sample(line: bytes) -> Sample | None:
    try:
        return from_json(Sample, json.loads(line))
    except (ValueError, Misshapen, TypeError, RecursionError):
        return None


async def _last_words(stream: asyncio.StreamReader) -> str:
    """The first line of what a child says on standard error; the rest is read and thrown away."""
    kept = b""
    while part := await stream.read(4096):
        if len(kept) < 4096:
            kept += part
    return hide(kept.decode(errors="replace")).strip().partition("\n")[0][:300]
