"""Plans for trees at random: none crosses a floor."""

from collections.abc import Iterator

from benchmarks.trial import Budget, Trial
from tests.unit.random_trees import harm, random_plan

_PART = 1000


def trials(budget: Budget) -> Iterator[Trial]:
    """Ten thousand trees (short: two thousand), a thousand at a time."""
    rounds = budget.of(10_000, 2_000)
    for first in range(0, rounds, _PART):
        lost, steps = "", 0
        for seed in range(budget.seed * 1_000_000 + first, budget.seed * 1_000_000 + min(first + _PART, rounds)):
            plan, files, app = random_plan(seed)
            steps += len(plan.steps)
            lost = lost or "; ".join(f"tree {seed}: {line}" for line in harm(plan, files, app)[:3])
        yield Trial(f"trees {first} to {first + _PART - 1}", lost, f"{steps} steps planned")
