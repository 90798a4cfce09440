"""Waiting for a quiet machine: a stranger on one of two processors slows whoever uses both, and nobody else."""

import sys
import time

_BUSY = 0.08
_LOOK = 0.5


def wait(seconds: float = 20.0) -> bool:
    """Wait until the processors are idle but for us, at most so long; whether they were. Says so when they were not."""
    until = time.monotonic() + seconds
    while True:
        busy = _busy()
        if busy < _BUSY:
            return True
        if time.monotonic() > until:
            print(f"the machine is {busy:.0%} busy with other things: ratios may be too high", file=sys.stderr)
            return False


def _busy() -> float:
    """The part of all processors' time that was used while we slept."""
    before = _times()
    time.sleep(_LOOK)
    spent = [now - then for now, then in zip(_times(), before, strict=True)]
    idle = spent[3] + spent[4]
    return 1 - idle / (sum(spent) or 1)


def _times() -> list[int]:
    """The first eight counters of the line ``cpu`` (proc_stat(5)); idle and iowait are the fourth and fifth."""
    with open("/proc/stat", encoding="ascii") as file:
        return [int(field) for field in file.readline().split()[1:9]]
