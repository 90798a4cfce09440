"""How long we may look: a moment that every door keeps to, and an alarm for what does not go through one.

The doors (commands, sockets, walks, forked questions) cut their own time limits to ``left``. The alarm (setitimer(2))
ends what only computes, or sleeps in the kernel where a signal wakes it; not a wait for a dead network file system.
"""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_LATE = 0.5  # s after the moment: who keeps to it by himself has a reason of his own to tell
_AGAIN = 1.0

_until = math.inf
_armed = False


class TimeIsUp(BaseException):
    """There is no time left to look any further."""


def left(wanted: float = math.inf) -> float:
    """The seconds that are left, ``wanted`` at most.

    A door's own deadline is ``left(…) + time.monotonic()``, in this order: so it is never before the moment, and what
    runs out of our time is not reported as what does not answer.

    Raises:
        TimeIsUp: none are.
    """
    rest = _until - time.monotonic()
    if rest <= 0:
        raise TimeIsUp
    return min(wanted, rest)


def remaining() -> float:
    """The seconds that are left, 0 when none are."""
    return max(0.0, _until - time.monotonic())


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Look for ``seconds`` at most, and no longer than an outer ``within`` allows."""
    global _until  # noqa: PLW0603  (one moment for the whole process, as its one alarm)
    outer = _until
    _until = min(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _until = outer


@contextmanager
def alarmed() -> Iterator[None]:
    """Raise TimeIsUp in what is done here, wherever it is, soon after the moment; not nested, main thread only."""
    if _until == math.inf or threading.current_thread() is not threading.main_thread():
        yield
        return
    global _armed  # noqa: PLW0603
    signal.signal(signal.SIGALRM, _ring)
    _armed = True
    signal.setitimer(signal.ITIMER_REAL, max(0.0, _until - time.monotonic()) + _LATE, _AGAIN)
    try:
        yield
    finally:
        disarm()


def disarm() -> None:
    """No alarm rings any more."""
    global _armed  # noqa: PLW0603
    _armed = False
    signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(*_: object) -> None:
    """Rings until it is heard: an exception that is raised in a destructor is lost."""
    if _armed:
        raise TimeIsUp
