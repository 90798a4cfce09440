"""One thing tried, and what was lost by it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """How much to try. ``rounds`` 0: as many as the part thinks right; ``short``: what fits into `make test`."""

    suite: str = "bookworm"
    seed: int = 1
    rounds: int = 0
    short: bool = False

    def of(self, whole: int, short: int) -> int:
        """The number of rounds: what was asked for, else ``short`` or ``whole``."""
        return self.rounds or (short if self.short else whole)


@dataclass(frozen=True, slots=True)
class Trial:
    """``lost`` is empty where nothing was lost, else says what; ``saw`` are figures worth keeping."""

    name: str
    lost: str = ""
    saw: str = ""


Part = Callable[[Budget], Iterator[Trial]]
"""A part of the bench: ``trials`` of the module that is named as the part."""
