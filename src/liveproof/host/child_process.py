"""Work done in forked processes of our own: one that can be given up, or two that share one list of work.

A fork of this process needs no start of an interpreter (some 14 ms) and no serialised input; what it returns comes back
through a pipe with marshal, so it is made of None, numbers, text, bytes, tuples, lists and dictionaries.
"""

import marshal
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NoReturn

from liveproof.host.deadline import left

# One token is four bytes. An unprivileged user over the soft limit gets pipes of one page (pipe(7)): 4096 bytes.
_TOKENS = 1000
_TICK = 100  # ms
_REAP_SECONDS = 0.5
_GIVE_UP_SECONDS = 3.0


class Lost(Exception):
    """The forked process failed; the message says how."""


class OutOfTime(Lost):
    """The forked process did not finish in time and was killed."""


class Unwanted(Lost):
    """What was forked is not wanted any more and was ended."""


def forked(
    work: Callable[[], Any],
    seconds: float,
    *,
    give_up: Callable[[], None] | None = None,
    unwanted: Callable[[], bool] | None = None,
) -> Any:
    """What ``work`` returns in a forked process, which may change its own user or root, hang, or be killed.

    ``give_up`` tells the process that it is no longer wanted: it gets a few seconds to end by itself before it is
    killed. ``unwanted`` is asked ten times a second whether it is to be given up before its time.

    Raises:
        Unwanted: it was given up because ``unwanted`` said so.
        OutOfTime: it was not done after ``seconds``; it and its children were killed.
        deadline.TimeIsUp: there was no time left before that.
        Lost: it died, or raised anything but an OSError.
        OSError: ``work`` raised it.
    """
    until = (seconds if give_up else left(seconds)) + time.monotonic()
    child, receiving = _fork(work, group=True)
    try:
        answer = _receive(receiving, until, unwanted)
    except OutOfTime:
        _stop(child, receiving, give_up)
        left()
        raise
    except BaseException:
        _stop(child, receiving, give_up)
        raise
    finally:
        os.close(receiving)
        _reap(child)
    return _open(answer)


def _stop(child: int, receiving: int, give_up: Callable[[], None] | None) -> None:
    if give_up:
        give_up()
        with suppress(OutOfTime):
            _receive(receiving, time.monotonic() + _GIVE_UP_SECONDS)
    _kill(child, group=True)


def together(count: int, work: Callable[[Iterator[int]], Any]) -> list[Any]:
    """What ``work`` returns in this process and in a forked one, each having taken part of ``range(count)``.

    Both draw from one pipe of tokens, so whoever is quicker takes more. A token stands for a run of neighbours when
    there are more than a pipe holds. On one processor, or when the other process cannot be had or is lost, this does
    it all: the results always cover every index once, so ``work`` may only return what it did, not leave it anywhere.
    """
    if count < 2 or len(os.sched_getaffinity(0)) < 2:
        return [work(iter(range(count)))]
    stride = -(-count // _TOKENS)
    tokens, filling = os.pipe()
    try:
        try:
            os.write(filling, b"".join(at.to_bytes(4, "little") for at in range(0, count, stride)))
        finally:
            os.close(filling)
        try:
            child, receiving = _fork(lambda: work(_draw(tokens, stride, count)), group=False)
        except OSError:
            return [work(iter(range(count)))]
        try:
            ours = work(_draw(tokens, stride, count))
            theirs = _open(_receive(receiving, None))
        except Lost:
            return [work(iter(range(count)))]
        except BaseException:
            _kill(child, group=False)
            raise
        finally:
            os.close(receiving)
            _reap(child)
    finally:
        os.close(tokens)
    return [ours, theirs]


def _draw(tokens: int, stride: int, count: int) -> Iterator[int]:
    while token := os.read(tokens, 4):
        first = int.from_bytes(token, "little")
        yield from range(first, min(first + stride, count))


def _fork(work: Callable[[], Any], *, group: bool) -> tuple[int, int]:
    receiving, sending = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(receiving)
        os.close(sending)
        raise
    if child == 0:
        os.close(receiving)  # else the child would never learn that its parent is gone
        _be_child(work, sending, group=group)
    os.close(sending)
    return child, receiving


def _be_child(work: Callable[[], Any], sending: int, *, group: bool) -> NoReturn:
    """Do the work and leave at once: no handler, buffer or cleanup of the parent may run twice."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if group:
            os.setpgid(0, 0)
        try:
            answer = marshal.dumps(("done", work()))
        except OSError as error:
            where = error.filename if isinstance(error.filename, str) else None
            answer = marshal.dumps(("error", error.errno or 0, error.strerror or str(error), where))
        except Exception as error:  # noqa: BLE001  (told to the parent)
            answer = marshal.dumps(("failed", f"{type(error).__name__}: {error}"))
        view = memoryview(answer)
        while view:
            view = view[os.write(sending, view) :]
    finally:
        os._exit(0)


def _receive(receiving: int, deadline: float | None, unwanted: Callable[[], bool] | None = None) -> bytes:
    poll = select.poll()
    poll.register(receiving, select.POLLIN)
    chunks: list[bytes] = []
    while True:
        left = None if deadline is None else max(0, int((deadline - time.monotonic()) * 1000))
        if unwanted:
            left = _TICK if left is None else min(left, _TICK)
        if not poll.poll(left):
            if unwanted and unwanted():
                raise Unwanted("it is not wanted any more")
            if deadline is None or time.monotonic() < deadline:
                continue
            raise OutOfTime("it took too long")
        chunk = os.read(receiving, 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _open(answer: bytes) -> Any:
    try:
        kind, *result = marshal.loads(answer)  # noqa: S302  (written by our own fork, which nobody else can reach)
    except (EOFError, ValueError, TypeError) as error:
        raise Lost("a process of ours was lost") from error
    if kind == "error":
        raise OSError(*result)
    if kind == "failed":
        raise Lost(result[0])
    return result[0]


def _kill(child: int, *, group: bool) -> None:
    for kill in (os.killpg, os.kill) if group else (os.kill,):
        try:
            kill(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _reap(child: int) -> None:
    """Wait for the end, but not for a process that the kernel cannot end (a dead NFS server): init will reap it."""
    until = time.monotonic() + _REAP_SECONDS
    pause = 0.0002
    while True:
        try:
            if os.waitpid(child, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            return
        if time.monotonic() > until:
            return
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
