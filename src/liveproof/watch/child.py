"""Runs liveproof's own commands as children: the watcher itself never examines a host, nor sends anything.

A child that hangs or fails ends with its whole process group, and costs the watcher nothing but that result.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any

from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import hide

_OUTPUT_LIMIT = 64 * 1024 * 1024
_ERROR_LIMIT = 4096
_GRACE = 2.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its status, what it wrote, and how long it took in seconds.

    ``why`` tells in words why there is no result: it did not start, took too long or wrote too much; empty otherwise.
    """

    status: int
    output: bytes
    error: str
    seconds: float
    why: str = ""
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, as the JSON contract has it; None where it gave no result, and then ``why``."""

    document: dict[str, Any] | None
    seconds: float
    why: str = ""
    timed_out: bool = False


async def run(words: Sequence[str], limit: float) -> Ended:
    """Run a command of liveproof; it never takes longer than ``limit`` seconds (and 2 more to be ended)."""
    began = time.monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            *command(words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=1 << 16,
        )
    except OSError as error:
        return Ended(-1, b"", "", time.monotonic() - began, f"it could not be started: {error.strerror or error}")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(limit):
            output, said = await asyncio.gather(
                _read(process.stdout, _OUTPUT_LIMIT), _read(process.stderr, _ERROR_LIMIT, drop=True)
            )
            status = await process.wait()
    except TimeoutError:
        return Ended(-1, b"", "", time.monotonic() - began, f"it took longer than {limit:g} s and was ended", True)
    except _TooMuch:
        return Ended(
            -1, b"", "", time.monotonic() - began, f"it wrote more than {_OUTPUT_LIMIT >> 20} MB and was ended"
        )
    finally:
        await _end(process)
    return Ended(status, output, hide(said.decode(errors="replace")).strip(), time.monotonic() - began)


async def check(select: Sequence[str], path: str, options: Sequence[str], limit: float) -> Checked:
    """Check an app, or all where the path is empty; only the selected rules, or all where none is."""
    words = ["check", "--format", "json", *options]
    if select:
        words += ["--select", ",".join(select)]
    words += ["--", path] if path else []
    ended = await run(words, limit)
    if ended.why:
        return Checked(None, ended.seconds, ended.why, ended.timed_out)
    try:
        document = json.loads(ended.output)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "apps" not in document:
        said = ended.error.partition("\n")[0] or "it wrote no result"
        return Checked(None, ended.seconds, f"it ended with status {ended.status}: {said}")
    return Checked(document, ended.seconds)


def command(words: Sequence[str]) -> list[str]:
    """The argv of a command of this very liveproof, started in the way in which this process was."""
    start = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv[1:])]
    return [sys.executable, *start, *words]


class _TooMuch(Exception):
    """A child writes without end."""


async def _read(stream: asyncio.StreamReader, limit: int, *, drop: bool = False) -> bytes:
    """All of a stream; with ``drop`` what is beyond the limit is read and thrown away.

    Raises:
        _TooMuch: it is longer.
    """
    parts: list[bytes] = []
    size = 0
    while part := await stream.read(1 << 16):
        if size + len(part) > limit and not drop:
            raise _TooMuch
        if size < limit:
            parts.append(part[: limit - size])
        size += len(part)
    return b"".join(parts)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what is left of a child: its session is its own, so nothing else is hit."""
    if process.returncode is not None:
        return
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        try:
            async with asyncio.timeout(_GRACE):
                await process.wait()
                return
        except TimeoutError:
            continue
