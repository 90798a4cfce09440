"""What liveproof made of a host, as its own JSON says."""

import json
import time
from dataclasses import dataclass
from typing import Any

from tests.lab import Host

_TIME_LIMIT = 180.0
_FIXED = ("fixed", "settled")
_STANDS = (*_FIXED, "fixed in part")


@dataclass(frozen=True, slots=True)
class Fix:
    """One ``liveproof fix --yes``.

    ``word`` is what came of it: ``fixed`` or ``settled`` (with status 0), ``held back`` (no step was tried, since one
    waits until somebody allows it), or the kind of its outcome. ``steps`` are the kinds of steps of its plan;
    ``seconds`` is wall time.
    """

    word: str
    reason: str
    steps: tuple[str, ...]
    run: str
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether liveproof says that nothing is wrong any more."""
        return self.word in _FIXED

    @property
    def stands(self) -> bool:
        """Whether something was changed and stays so, which a rollback would undo."""
        return bool(self.run) and self.word in _STANDS


def fix(host: Host, *arguments: str) -> Fix:
    """Let liveproof fix the host without asking.

    Raises:
        RuntimeError: it said nothing that can be read.
    """
    began = time.monotonic()
    ran = host.liveproof("fix", "--yes", "--format", "json", *arguments, timeout=_TIME_LIMIT)
    seconds = time.monotonic() - began
    if not ran.stdout.startswith("{"):
        raise RuntimeError(f"fix ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    told: dict[str, Any] = json.loads(ran.stdout)
    steps = tuple(step["act"]["is"] for plan in told["plan"] for step in plan["steps"])
    held = [step["what"] for plan in told["plan"] for step in plan["held_back"]]
    outcomes = told["outcome"]
    last = outcomes[-1] if outcomes else {"kind": "nothing to do", "reason": ""}
    word = str(last["kind"])
    if word in _FIXED and ran.returncode:
        word = f"{word}, status {ran.returncode}"
    if not steps and held:
        word = "held back"
    runs = [str(outcome["run"]) for outcome in outcomes if outcome.get("run")]
    return Fix(word, str(last["reason"]) or ", ".join(held), steps, runs[-1] if runs else "", seconds)


def roll_back(host: Host) -> tuple[bool, float]:
    """Take the latest run back; whether everything is as it was, and how long that took.

    Raises:
        RuntimeError: it said nothing that can be read.
    """
    began = time.monotonic()
    ran = host.liveproof("rollback", "--yes", "--format", "json", timeout=_TIME_LIMIT)
    seconds = time.monotonic() - began
    if not ran.stdout.startswith("{"):
        raise RuntimeError(f"rollback ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return all(one["complete"] for one in json.loads(ran.stdout)["rolled_back"]), seconds
