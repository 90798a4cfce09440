"""`make bench-harm`: every part, a line a trial; exit status 1 where anything was lost.

PART=floors,secrets narrows it, SEED= and ROUNDS= repeat or lengthen it, HARM=short takes what fits into `make test`.
Every result is appended to harm.jsonl beside the Makefile, one JSON object a line.
"""

import importlib
import json
import os
import pkgutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import benchmarks.harm
from benchmarks.harm.trial import Budget, Part, Trial
from tests import lab
from tests.lab import Host

RESULTS = Path(__file__).parents[2] / "harm.jsonl"
_NOT_PARTS = {"__main__", "trial", "digest"}


def parts() -> dict[str, Part]:
    """Every module beside this one that has ``trials``, by name."""
    found: dict[str, Part] = {}
    for module in pkgutil.iter_modules(benchmarks.harm.__path__):
        if module.name not in _NOT_PARTS:
            trials = getattr(importlib.import_module(f"benchmarks.harm.{module.name}"), "trials", None)
            if trials:
                found[module.name] = trials
    return found


def main() -> int:
    """Run what the environment asks for."""
    known = parts()
    asked = [name for name in os.environ.get("PART", "").replace(",", " ").split() if name] or list(known)
    unknown = sorted(set(asked) - known.keys())
    if unknown:
        print(f"no such part: {', '.join(unknown)}; the parts are {', '.join(known)}", file=sys.stderr)
        return 2
    reason = lab.available()
    if reason:
        print(f"*** the harm bench was SKIPPED, it needs real hosts: {reason} ***", file=sys.stderr)
        return 0 if os.environ.get("HARM") == "short" else 1
    budget = Budget(
        os.environ.get("SUITE", "bookworm"),
        int(os.environ.get("SEED") or 1),
        int(os.environ.get("ROUNDS") or 0),
        os.environ.get("HARM") == "short",
    )
    Host.up(budget.suite).down()
    started, lost, count = time.monotonic(), 0, 0
    with RESULTS.open("a") as file:
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


def _timed(part: Part, budget: Budget) -> Iterator[tuple[Trial, float]]:
    began = time.monotonic()
    for trial in part(budget):
        yield trial, time.monotonic() - began
        began = time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
