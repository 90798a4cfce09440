"""Hosts that nobody broke: the oracle must see no difference there, or what it says of others is worth nothing."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from benchmarks.chaos import lasting, oracle, verdict
from benchmarks.chaos.shapes import SHAPES, WIDER, Shape
from benchmarks.trial import Budget, Trial


def trials(budget: Budget) -> Iterator[Trial]:
    """Each shape without and with a queue worker, those of other kinds first; in short, two.

    Under supervisord there is one anyway.
    """
    own = [shape for shape in WIDER if shape.kind != "supervisord"]
    shapes = (SHAPES[0],) * 2 if budget.short else (*WIDER, *own, *SHAPES, *SHAPES)
    counts: Counter[Shape] = Counter()
    for number, shape in enumerate(shapes):
        counts[shape] += 1
        worker = counts[shape] > 1
        with shape.up(budget.suite) as host:
            apps = shape.apps(host)
            for app in apps:
                app.warm()
            if worker:
                lasting.start(apps[-1], Random(number))
            oracle.place(host)
            said = verdict.ask(host)
            truth = oracle.judge(host, f"healthy-{number}", shape.sites(host))
        lost = [said.wrong, truth.dead, *truth.changed]
        if shape.kind and said.word != "proven":
            lost.append(f"a healthy host is {said.word}")
        if said.apps != len(apps):
            lost.append(f"{said.apps} of {len(apps)} apps were seen")
        name = f"{shape}{', queue worker' if worker else ''}"
        yield Trial(name, "; ".join(filter(None, lost))[:1500], f"{said.word} {said.codes}, {said.seconds:.1f} s")
