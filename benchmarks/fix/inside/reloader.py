"""Reload PHP-FPM over and over, each time at an idle moment (or at any); a JSON line at the end.

Arguments: the master's pid, the pool's socket, rounds, `idle` or `any`, and the unit that systemctl is to reload; where
that is empty the master gets the signal that the unit's ExecReload sends.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.fix.inside.idle import idle, moment

LOOKS, EVERY = 200, 0.05
PATIENCE, SETTLED = 60.0, 20.0


def main(master: int, socket: str, rounds: int, when: str, unit: str = "") -> None:
    """Look at how often the pool is idle, then reload."""
    seen = 0
    for _ in range(LOOKS if rounds else 0):
        seen += idle(socket)
        time.sleep(EVERY)
    unsent, took = 0, 0.0
    sent: list[float] = []
    for _ in range(rounds):
        if when == "any":
            time.sleep(random.uniform(0.05, 0.15))
        elif not moment(socket, PATIENCE):
            unsent += 1
            continue
        sent.append(time.monotonic())
        took = max(took, _reload(master, unit))
    print(json.dumps({"idle": seen / LOOKS, "unsent": unsent, "sent": sent, "slowest": took}))


def _reload(master: int, unit: str) -> float:
    """Reload; seconds until none of the old workers is left and new ones are there."""
    before = _children(master)
    sent = time.monotonic()
    if unit:
        subprocess.run(["systemctl", "reload", unit], check=True, timeout=SETTLED)
    else:
        os.kill(master, signal.SIGUSR2)
    while True:
        now = _children(master)
        took = time.monotonic() - sent
        if now and not now & before:
            return took
        if took > SETTLED:
            raise RuntimeError(f"PHP-FPM has not come back {SETTLED:.0f} s after a reload: {before} {now}")
        time.sleep(0.005)


def _children(master: int) -> set[str]:
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:6])
