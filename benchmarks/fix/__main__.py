"""`python -m benchmarks.fix [reloads] [invalidations]`: what renewing PHP's code costs where nobody tuned PHP-FPM.

Real hosts with Debian's own values: ``process_control_timeout`` is 0. Nothing here is judged: the figures are for
people, and for the conditions under which liveproof calls a step safe.
"""

import argparse
import sys
import time
from collections.abc import Callable

from benchmarks.fix import invalidations, plans, quiet, reloads
from tests import lab

PARTS: dict[str, tuple[Callable[[str, int, int], None], int]] = {
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
        print(f"{part}: {suite}, Debian's values of PHP-FPM, seed {seed}", flush=True)
        started = time.monotonic()
        try:
            measure(suite, rounds or usual, seed)
        except RuntimeError as error:
            print(f"{part} could not be measured: {error}", file=sys.stderr)
            failed = 1
        print(f"  in {time.monotonic() - started:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    _parser = argparse.ArgumentParser("python -m benchmarks.fix", description=(__doc__ or "").splitlines()[0])
    _parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all unless named")
    _parser.add_argument("--suite", choices=lab.SUITES, default="bookworm")
    _parser.add_argument("--rounds", type=int, default=0, help="reloads, or invalidations of each kind")
    _parser.add_argument("--seed", type=int, default=1)
    _asked = _parser.parse_args()
    if _unknown := sorted(set(_asked.parts) - PARTS.keys()):
        _parser.error(f"no such part: {', '.join(_unknown)}; the parts are {', '.join(PARTS)}")
    if _asked.rounds < 0:
        _parser.error("--rounds must not be negative")
    sys.exit(main(_asked.parts or list(PARTS), _asked.suite, _asked.rounds, _asked.seed))
