"""An end for what no alarm ends: a look at the host that waits in the kernel, for a dead NFS server or a hung FUSE one.

Such a wait takes no signal but SIGKILL (request_wait_answer in the kernel's fs/fuse, TASK_KILLABLE), and a process that
was killed tells nobody anything. So a command runs in a child, which writes down when it begins and ends to look, and
what at; its parent waits, passes signals on, and ends it with all its descendants when a look takes too long.
"""

import ctypes
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from liveproof.host.process.proc import descendants

_SUBREAPER, _PARENT_DEATH_SIGNAL = 36, 1
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KERNEL = 0x80  # si_code of a signal that a terminal sent: the child has it already (sigaction(2))
_TICK = 0.25
_KILLED_SECONDS = 2.0
_LATE = 1.5  # s after the time of a look: the child's own alarm comes first

_notes = -1


@contextmanager
def looking(seconds: float) -> Iterator[None]:
    """A look at the host that may take so many seconds."""
    _note(f"look {seconds:.2f}")
    try:
        yield
    finally:
        _note("done")


def at(what: str) -> None:
    """What is being looked at right now, in a word."""
    _note(f"at {what}")


def _note(text: str) -> None:
    if _notes >= 0:
        with suppress(OSError):
            os.write(_notes, f"{text}\n".encode())


def watched(run: Callable[[], int], hung: Callable[[str], int]) -> int:
    """What ``run`` returns in a child; what ``hung`` returns here when a look of its own did not end.

    ``hung`` gets the word of what was looked at. A child that a signal ended gives 128 and its number, as in a shell.
    """
    global _notes  # noqa: PLW0603  (one child, one pipe)
    receiving, sending = os.pipe()
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:  # no process is to be had: better without a watchdog than not at all
        os.close(receiving)
        os.close(sending)
        return run()
    if child == 0:
        os.close(receiving)
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(128 + signal.SIGKILL)
        _notes = sending
        return run()
    os.close(sending)
    try:
        status, what = _await(child, receiving)
    finally:
        os.close(receiving)
    if what is None:
        return status if status >= 0 else 128 - status
    return hung(what)


def _await(child: int, receiving: int) -> tuple[int, str | None]:
    """The child's exit status (negative: the signal), and what it hung at; None when it did not."""
    os.set_blocking(receiving, False)
    wanted = {*_PASSED_ON, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    watch = _Watch()
    try:
        while True:
            got = signal.sigtimedwait(wanted, _TICK)
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status), None
            if got and got.si_signo in _PASSED_ON and got.si_code != _KERNEL:
                os.kill(child, got.si_signo)
            watch.read(receiving)
            if time.monotonic() > watch.until:
                _end(child)
                return -signal.SIGKILL, watch.what
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Watch:
    """What the child wrote down: until when its look may last, and what it is at."""

    def __init__(self) -> None:
        self.until = float("inf")
        self.what = ""
        self._rest = b""

    def read(self, descriptor: int) -> None:
        """Take what has come."""
        while select.select([descriptor], [], [], 0)[0]:
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                word, _, value = line.decode(errors="replace").partition(" ")
                if word == "look":
                    self.until = time.monotonic() + float(value) + _LATE
                elif word == "done":
                    self.until = float("inf")
                else:
                    self.what = value


def _end(child: int) -> None:
    """Kill the child and all below it; what waits in the kernel without end is left to itself."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    until = time.monotonic() + _KILLED_SECONDS
    for pid in (child, *descendants(child)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    while time.monotonic() < until:
        with suppress(ChildProcessError):
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.02)
            continue
        return
