"""Hosts that nobody broke: the oracle must see no difference there, or what it says of others is worth nothing."""

from collections.abc import Iterator
from random import Random

from benchmarks.chaos import lasting, oracle, verdict
from benchmarks.chaos.shapes import SHAPES
from benchmarks.trial import Budget, Trial


def trials(budget: Budget) -> Iterator[Trial]:
    """Each shape without and with a queue worker; in short, two."""
    rounds = 2 if budget.short else 2 * len(SHAPES)
    for number in range(rounds):
        shape = SHAPES[number % (1 if budget.short else len(SHAPES))]
        worker = number >= rounds // 2
        with shape.up(budget.suite) as host:
            host.warm()
            if worker:
                lasting.start(host, Random(number))
            oracle.place(host)
            said = verdict.ask(host)
            truth = oracle.judge(host, f"healthy-{number}")
        lost = [said.wrong, truth.dead, *truth.changed]
        name = f"{' '.join(shape)}{', queue worker' if worker else ''}"
        yield Trial(name, "; ".join(filter(None, lost))[:1500], f"{said.word} {said.codes}, {said.seconds:.1f} s")
