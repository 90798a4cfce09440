"""Hosts of more kinds, broken at random: HTTPS, two apps of which either is broken, a queue under supervisord."""

from collections.abc import Iterator

from benchmarks.chaos.rounds import tried
from benchmarks.chaos.shapes import WIDER
from benchmarks.trial import Budget, Trial


def trials(budget: Budget) -> Iterator[Trial]:
    """As many rounds as of the usual shapes, with the same seeds; none in short."""
    rounds = 0 if budget.short else budget.of(200, 0)
    return tried(budget.suite, budget.seed, rounds, single=False, shapes=WIDER)
