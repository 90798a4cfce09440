"""Hosts broken at random: where liveproof says PROVEN, a cold restart of everything must change nothing.

A round's seed is all that it needs: ``make bench-chaos PART=rounds N=1 SEED=…`` does it again. Not judged but told:
where visitors of one address get an error of the server and liveproof says PROVEN, since the deployed code may say so.
"""

import hashlib
import importlib
import pkgutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

import tests.faults
from benchmarks.chaos import lasting, oracle, verdict
from benchmarks.chaos.edits import Edit, all_edits
from benchmarks.chaos.shapes import SHAPES, Shape
from benchmarks.trial import Budget, Trial
from tests.lab import Host

_EDITS: Final = all_edits()
_SUPERVISED: Final = all_edits("SUPERVISED")
_PAUSES: Final = (0.0, 0.0, 1.0, 2.5)
_VISITED: Final = ("/", "/api/conversation-flows", "/api/conversation-flows/booking", "/api/v1/agents", "/nope")
# Ten rounds without a false proof that is known, so that `make test` fails for new ones only.
SHORT_SEED: Final = 1


def trials(budget: Budget) -> Iterator[Trial]:
    """One round for each seed from the given one on, and at the end what was said how often."""
    yield from tried(budget.suite, SHORT_SEED if budget.short else budget.seed, budget.of(200, 10), single=False)


def tried(suite: str, first: int, rounds: int, *, single: bool, shapes: Sequence[Shape] = SHAPES) -> Iterator[Trial]:
    """So many rounds and their figures; ``single``: one edit that no rule knows each, no fault."""
    words: Counter[str] = Counter()
    began = time.monotonic()
    for seed in range(first, first + rounds):
        word, trial = _round(suite, seed, single, shapes)
        words[word] += 1
        words["false proofs"] += bool(trial.lost)
        yield trial
    if rounds == 0:
        return
    told = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    yield Trial(f"{rounds} rounds", "", f"{told}; {(time.monotonic() - began) / rounds:.1f} s a round")


def _round(suite: str, seed: int, single: bool, shapes: Sequence[Shape]) -> tuple[str, Trial]:
    chance = Random(seed)
    shape = chance.choice(shapes)
    with shape.up(suite) as host:
        apps = shape.apps(host)
        for app in apps:
            _visit(app)
        done = []
        if chance.random() < 0.5:
            host.liveproof("check")
            done.append("a check before")
        if chance.random() < 0.25 and shape.kind != "supervisord":
            done.append(lasting.start(_one(apps, chance), chance))
        edits = _EDITS | (_SUPERVISED if shape.kind == "supervisord" else {})
        for _ in range(1 if single else chance.choice((1, 1, 2, 3))):
            app = _one(apps, chance)
            done.append(
                f"{'in the second app: ' if app is not host else ''}{_deed(app, chance, shape.fpm, single, edits)}"
            )
        time.sleep(chance.choice(_PAUSES))
        said = verdict.ask(host)
        truth = None
        if said.word == "proven":
            oracle.place(host)
            truth = oracle.judge(host, str(seed), shape.sites(host))
    lost = said.wrong
    if truth and (truth.changed or truth.dead):
        lost = lost or f"PROVEN, but {'; '.join(filter(None, (truth.dead, *truth.changed)))}"[:3000]
    ill = f" ({len(truth.ill)} requests end in an error)" if truth and truth.ill else ""
    saw = f"{said.word or 'no verdict'}{ill} {said.codes} in {said.seconds:.1f} s | {shape}: {' + '.join(done)}"
    return said.word or "without a verdict", Trial(f"SEED={seed}", lost, saw)


def _visit(host: Host) -> None:
    """Let every worker have loaded what visitors ask for, as on a host that is some days old."""
    host.warm()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(host.get, _VISITED * 4))
        list(pool.map(lambda _: host.post("/api/retell/webhook", '{"event":"call_started"}'), range(4)))


def _one(apps: Sequence[Host], chance: Random) -> Host:
    """One of them; chance is not asked where there is no choice, so that seeds stay what they were."""
    return chance.choice(apps) if len(apps) > 1 else apps[0]


def _deed(host: Host, chance: Random, fpm: str, single: bool, edits: dict[str, Edit]) -> str:
    """One thing done to a host, at random; what could not be done is told and no harm."""
    name, act = _chosen(chance, fpm, single, edits)
    try:
        return act(host, chance)
    except (RuntimeError, OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        return f"{name} failed ({str(error).strip().splitlines()[-1][:100] if str(error) else type(error).__name__})"


def _chosen(chance: Random, fpm: str, single: bool, edits: dict[str, Edit]) -> tuple[str, Edit]:
    kind, salt = chance.random(), chance.random()
    if single or kind < 0.65:
        chosen = edits[drawn(edits, salt)]
        return chosen.__name__, chosen
    faults = _faults("lookalike" if kind > 0.93 else "fault", fpm)
    name = drawn(faults, salt)
    return name, faults[name]


def drawn(names: Iterable[str], salt: float) -> str:
    """One of them at random, so that a new name changes few of the seeds that others wrote down."""
    return min(names, key=lambda name: hashlib.sha256(f"{salt} {name}".encode()).digest())


def _faults(what: str, fpm: str) -> dict[str, Edit]:
    """Every file of tests/faults that hosts with these values of PHP-FPM can have, by its name."""
    found: dict[str, Edit] = {}
    for module in pkgutil.walk_packages(tests.faults.__path__, "tests.faults."):
        loaded = importlib.import_module(module.name)
        if hasattr(loaded, what) and fpm not in getattr(loaded, "NOT_ON", {}):
            name = f"{what} {module.name.removeprefix('tests.faults.')}"
            found[name] = _told(name, getattr(loaded, what))
    return found


def _told(name: str, act: Callable[[Host], None]) -> Edit:
    def done(host: Host, _: Random) -> str:
        act(host)
        return name

    return done
