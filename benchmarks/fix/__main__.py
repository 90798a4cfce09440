"""`python -m benchmarks.fix [PART …]`: what is fixed without asking, and what fixing costs the requests of others.

Real hosts, most with the values of PHP-FPM that Debian ships: ``process_control_timeout`` is 0. Each part also runs
alone by its name, with about so many minutes on two processors:

- ``faults`` (30): the fault bench on Debian's, upstream's and tuned values: fixed without asking, after asking, named.
- ``quiet`` (8): old code on a quiet host, deployed and fixed 100 times without asking.
- ``load`` (20): each plan of safe steps under 8 connections and requests of 5 s and 15 s, beside the seed's script.
- ``reloads`` (15): what 1,000 reloads at idle moments lose.
- ``invalidations`` (15): what 200 invalidations of two classes that need each other mix up.

Only the faults are judged; the other figures are for people, and for the conditions under which liveproof calls a step
safe.
"""

import argparse
import sys
import time
from collections.abc import Callable

from benchmarks import faults
from benchmarks.fix import invalidations, plans, quiet, reloads
from liveproof.rules import codes
from tests import lab
from tests.lab import FPMS


def _faults(suite: str, _rounds: int, _seed: int) -> None:
    """Try every rule's fault on hosts with each kind of values.

    Raises:
        RuntimeError: a rule does not hold somewhere.
    """
    families = tuple(sorted({code[:3] for code in codes()}))
    failed = [fpm for fpm in FPMS if faults.main([suite], fpm, families)]
    if failed:
        raise RuntimeError(f"a rule does not hold on hosts with {' and '.join(failed)} values")


PARTS: dict[str, tuple[Callable[[str, int, int], None], int]] = {
    "faults": (_faults, 1),
    "quiet": (quiet.main, quiet.ROUNDS),
    "load": (plans.main, plans.ROUNDS),
    "reloads": (reloads.main, reloads.ROUNDS),
    "invalidations": (invalidations.main, invalidations.ROUNDS),
}


def main(parts: list[str], suite: str, rounds: int, seed: int) -> int:
    """Run the parts one after the other; 1 where no host can run or a part could not be measured."""
    reason = lab.available()
    if reason:
        print(f"no real hosts here: {reason}", file=sys.stderr)
        return 1
    failed = 0
    for part in parts:
        measure, usual = PARTS[part]
        print(f"{part}: {suite}, seed {seed}", flush=True)
        started = time.monotonic()
        try:
            measure(suite, rounds or usual, seed)
        except RuntimeError as error:
            print(f"{part} failed: {error}", file=sys.stderr)
            failed = 1
        print(f"  in {time.monotonic() - started:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    _parser = argparse.ArgumentParser("python -m benchmarks.fix", description=(__doc__ or "").splitlines()[0])
    _parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all unless named")
    _parser.add_argument("--suite", choices=lab.SUITES, default="bookworm")
    _parser.add_argument("--rounds", type=int, default=0, help="fixes, reloads or invalidations; of load: of each row")
    _parser.add_argument("--seed", type=int, default=1)
    _asked = _parser.parse_args()
    if _unknown := sorted(set(_asked.parts) - PARTS.keys()):
        _parser.error(f"no such part: {', '.join(_unknown)}; the parts are {', '.join(PARTS)}")
    if _asked.rounds < 0:
        _parser.error("--rounds must not be negative")
    sys.exit(main(_asked.parts or list(PARTS), _asked.suite, _asked.rounds, _asked.seed))
