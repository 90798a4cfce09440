"""Which scripts PHP-FPM was made to compile again, and when: PHP itself keeps no word of it.

What is kept holds for one cache only: that of one master (pid and start), which began at one moment and was last reset
at another.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from liveproof.model.dataclass import dataclass
from liveproof.store.cache import Cache

_SAME_START = 0.05  # s; a process's start is told in ticks of the kernel


class MemoryOf(NamedTuple):
    """One master's cache: pid and start (epoch seconds) of the master, start and latest restart of the cache."""

    pid: int
    start: float
    began: int
    restarted: int


@dataclass(frozen=True, slots=True)
class _Moments:
    start: float
    scripts: dict[str, float]


def remember(cache: Cache, memory: MemoryOf, scripts: Iterable[str], moment: float) -> None:
    """Of these scripts, PHP has nothing any more that it compiled from their files as they were before ``moment``.

    ``moment`` is epoch seconds by the clock of file times.
    """
    known = dict(moments(cache, memory))
    known.update(dict.fromkeys(scripts, moment))
    cache.entry("invalidated", str(memory.pid)).keep(_signature(memory), _Moments(memory.start, known))


def moments(cache: Cache, memory: MemoryOf) -> Mapping[str, float]:
    """The moment of each script of which one is remembered for this very cache."""
    found = cache.entry("invalidated", str(memory.pid)).recall(_signature(memory), _Moments)
    return found.scripts if found and abs(found.start - memory.start) < _SAME_START else {}


def _signature(memory: MemoryOf) -> tuple[int, int, int]:
    return memory.pid, memory.began, memory.restarted
