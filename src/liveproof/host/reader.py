"""A live machine, read-only: its files, its processes, and what was asked of it once in a run."""

import time
from collections.abc import Callable
from typing import TypeVar, cast

from liveproof.host.deadline import TimeIsUp, left
from liveproof.host.files.reader import FileReader
from liveproof.host.process.proc import Process, children, processes, to_the_tick

_T = TypeVar("_T")


class Reader(FileReader):
    """What every probe is given."""

    def __init__(self) -> None:
        super().__init__()
        self._processes: tuple[Process, ...] | None = None
        self._once: dict[str, object] = {}

    def processes(self) -> tuple[Process, ...]:
        """Every process of this host (of this pid namespace), read once per run."""
        if self._processes is None:
            self._processes = processes()
        return self._processes

    def forget_processes(self) -> None:
        """Read the processes again when they are next asked for, as they were seen in the middle of a change."""
        self._processes = None

    def children(self, pid: int) -> tuple[Process, ...]:
        """The children of a process as they are now, however often it is asked."""
        return children(pid)

    def exact_start(self, start: float) -> float:
        """The start of a process, as ``Process.start`` has it, to a hundredth of a second."""
        return to_the_tick(start)

    def moment(self, monotonic: float) -> float:
        """A moment of CLOCK_MONOTONIC (seconds), as systemd tells them, in epoch seconds by the clock as it is set now.

        0 where that cannot be told: the machine slept since it was booted, and this clock does not count that.
        """
        now = time.monotonic()
        slept = time.clock_gettime(time.CLOCK_BOOTTIME) - now
        return monotonic + time.time() - now if monotonic and slept < 1 else 0.0

    def once(self, name: str, ask: Callable[[], _T]) -> _T:
        """What ``ask`` answers, asked once per run for all probes; what it raises is not kept."""
        if name not in self._once:
            self._once[name] = ask()
        return cast("_T", self._once[name])

    def pause(self, seconds: float) -> None:
        """Wait before looking again at what may be passing.

        Raises:
            TimeIsUp: there is not that much time left.
        """
        if left(seconds) < seconds:
            raise TimeIsUp
        time.sleep(seconds)
