"""Runs a bench that consists of parts: every trial a line, every result kept, status 1 where anything was lost.

A part is a module of the bench's package with ``trials(budget) -> Iterator[Trial]``. The environment narrows and
repeats: PART=floors,secrets, SEED=7, ROUNDS=300, SUITE=trixie.
"""

import importlib
import json
import os
import pkgutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from benchmarks.trial import Budget, Part, Trial
from tests import lab
from tests.lab import Host

TOP = Path(__file__).parents[1]


def run(package: ModuleType, name: str, *, short: bool) -> int:
    """Run the parts of a package that the environment asks for; results are appended to ``NAME.jsonl``."""
    known = _parts(package)
    asked = [part for part in os.environ.get("PART", "").replace(",", " ").split() if part] or list(known)
    unknown = sorted(set(asked) - known.keys())
    if unknown:
        print(f"no such part: {', '.join(unknown)}; the parts are {', '.join(known)}", file=sys.stderr)
        return 2
    reason = lab.available()
    if reason:
        print(f"*** the {name} bench was SKIPPED, it needs real hosts: {reason} ***", file=sys.stderr)
        return 0 if short else 1
    suite = os.environ.get("SUITE", "bookworm")
    budget = Budget(suite, int(os.environ.get("SEED") or 1), int(os.environ.get("ROUNDS") or 0), short)
    Host.up(budget.suite).down()
    started, lost, count = time.monotonic(), 0, 0
    with (TOP / f"{name}.jsonl").open("a") as file:
        for part in asked:
            for trial, seconds in _timed(known[part], budget):
                lost += bool(trial.lost)
                count += 1
                told = f"LOST {trial.lost}" if trial.lost else "ok"
                print(f"{part:10} {trial.name:44} {told} {trial.saw} {seconds:.1f} s", flush=True)
                row = {
                    "time": time.time(), "suite": budget.suite, "seed": budget.seed, "part": part, "trial": trial.name,
                    "lost": trial.lost, "saw": trial.saw, "seconds": round(seconds, 2),
                }  # fmt: skip
                file.write(json.dumps(row) + "\n")
                file.flush()
    print(f"{count} trials, {lost} lost something, in {time.monotonic() - started:.0f} s", flush=True)
    return 1 if lost else 0


def _parts(package: ModuleType) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__" and not module.ispkg:
            trials = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "trials", None)
            if trials:
                found[module.name] = trials
    return found


def _timed(part: Part, budget: Budget) -> Iterator[tuple[Trial, float]]:
    began = time.monotonic()
    for trial in part(budget):
        yield trial, time.monotonic() - began
        began = time.monotonic()
