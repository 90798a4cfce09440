"""What every way of deploying can have: the faults, how each is made, and what the gate must say of it."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.fix.load import Random
from benchmarks.trial import Budget, Trial
from tests.faults.snippets import start_worker
from tests.lab import Host

_BOUND = 2.0  # s from the last change to a right verdict, median
_RATE = 10.0  # requests a second while the gate looks

Do = Callable[[Host], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """A host of a kind, what is deployed on it, and which status the gate must end with.

    ``begin`` readies the host; ``deploy`` is the deploy with its fault; ``words`` are the gate's; ``code`` must
    stand in its report, where it is broken.
    """

    name: str
    layout: str
    deploy: Do
    status: int = 0
    code: str = ""
    words: tuple[str, ...] = ("--timeout", "10")
    begin: Do = start_worker


def shell(script: str) -> Do:
    """A deploy, or a part of one, by a script."""
    return lambda host: void(host.sh(script))


def void(_: object) -> None:
    """Nothing."""


def tried(scenes: Sequence[Scene], budget: Budget) -> Iterator[Trial]:
    """Each scene on a fresh host, and the median of the right ones."""
    right: list[float] = []
    for scene in scenes:
        for _ in range(budget.of(1, 1)):
            trial, seconds = _trial(scene, budget)
            if scene.status == 0 and not trial.lost and "--fix" not in scene.words:
                right.append(seconds)
            yield trial
    if right:
        median = statistics.median(right)
        late = not budget.short and median > _BOUND
        saw = f"{median:.2f} s, {len(right)} deploys"
        yield Trial("median when right", f"over {_BOUND:g} s" if late else "", saw)


def _trial(scene: Scene, budget: Budget) -> tuple[Trial, float]:
    with Host.up(budget.suite, layout=scene.layout) as host:
        scene.begin(host)
        host.warm()
        host.liveproof("check")
        host.sh("sleep 2")
        scene.deploy(host)
        with Random(host.ip, "/api/status", _RATE, budget.seed, "}") as load:
            began = time.monotonic()
            done = host.liveproof("gate", host.app, *scene.words)
            seconds = time.monotonic() - began
    wrong = f"status {done.returncode}, not {scene.status}" if done.returncode != scene.status else ""
    if not wrong and scene.code not in done.stdout:
        wrong = f"no {scene.code}"
    lost = [answer.lost for answer in load.answers if answer.lost] if scene.status == 0 else []
    what = wrong or (f"{len(lost)} requests lost: {lost[0]}" if lost else "")
    last = next(iter(done.stderr.splitlines()[-1:]), "")
    return Trial(scene.name, f"{what}; {last}" if what else "", f"{seconds:.2f} s {scene.code}"), seconds
