"""One edit that no rule knows: most of these hosts are proven, so that most of them tell whether that is true."""

from collections.abc import Iterator

from benchmarks.chaos.rounds import tried
from benchmarks.trial import Budget, Trial


def trials(budget: Budget) -> Iterator[Trial]:
    """A fourth as many rounds as of several deeds; none in short."""
    rounds = 0 if budget.short else max(1, budget.of(200, 0) // 4)
    return tried(budget.suite, budget.seed, rounds, single=True)
