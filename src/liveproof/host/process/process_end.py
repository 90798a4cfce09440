"""Tells when a process has ended: a master of PHP-FPM or nginx (pidfd_open(2), Linux 5.3)."""

import os
import select
from typing import Self

from liveproof.host.process.proc import process

# The start of a process is counted from the boot time, which the kernel tells in whole seconds of a clock that is set.
_ROUNDED = 1.5


class ProcessEnd:
    """Waits for the end of one process, without a thread: a loop adds a reader on ``fileno()``.

    Args:
        pid: the process.
        start: when it began, epoch seconds, as ``Process.start``; 1.5 s off at most.

    Raises:
        ProcessLookupError: it has ended, or another process has its pid now (also what a clock that was set looks
            like: look for the process again).
        OSError: EMFILE, or a kernel without pidfds (ENOSYS).
    """

    __slots__ = ("_pidfd", "pid", "start")

    def __init__(self, pid: int, start: float) -> None:
        self.pid, self.start = pid, start
        self._pidfd = os.pidfd_open(pid)
        try:
            same = self._is_the_same()
        except BaseException:
            self.close()
            raise
        if not same:
            self.close()
            raise ProcessLookupError(f"the process {pid} has ended")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Readable from the end of the process on."""
        return self._pidfd

    def ended(self) -> bool:
        """Whether it has ended, also if nobody has waited for it; does not block."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(0))

    def _is_the_same(self) -> bool:
        """Whether the process that is held is the one that was meant: if it runs after /proc was read, that was its."""
        found = process(self.pid)
        return found is not None and not self.ended() and abs(found.start - self.start) <= _ROUNDED

    def close(self) -> None:
        """Stop waiting."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
