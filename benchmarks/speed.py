"""Speed against named peers, as ratios in one run; status 1 where a bound is missed."""

import statistics
import sys
import time

from benchmarks import content, signed, walk
from benchmarks.rows import Row, table
from benchmarks.seed.peer import COMMANDS
from tests import lab
from tests.lab import Host

ROUNDS = 9


def main() -> int:
    """Measure everything, print one table."""
    rows = [*walk.measure(), *content.measure(), *signed.measure()]
    reason = lab.available()
    if reason:
        print(f"check against the seed's commands was not measured: {reason}", file=sys.stderr)
    else:
        rows += check_against_commands("bookworm")
    return table(rows)


def check_against_commands(suite: str) -> list[Row]:
    """A repeated check of an unchanged healthy host against the seed's ten commands run by bash, both inside it."""
    Host.up(suite).down()
    with Host.up(suite) as host:
        host.warm()
        first = _seconds(lambda: host.liveproof("check"))
        host.liveproof("check")
        pairs = [
            (_seconds(lambda: host.liveproof("check")), _seconds(lambda: host.sh(COMMANDS, check=False)))
            for _ in range(ROUNDS)
        ]
        print(host.liveproof("check", "--timings").stdout)
    peer = "the seed's ten commands in bash"
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    theirs = statistics.median(theirs for _, theirs in pairs)
    return [
        Row(f"check, nothing changed ({suite})", peer, ratio, 3.0),
        Row(f"check, the first ({suite})", peer, first / theirs, None),
    ]


def _seconds(act: object) -> float:
    assert callable(act)
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
