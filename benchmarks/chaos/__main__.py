"""`make bench-chaos N=200 SEED=…`: a line a round; exit status 1 where a proof was false, or a check failed.

Each round has a seed of its own, from SEED on (by the clock unless given), which alone brings it back:
`make bench-chaos PART=rounds N=1 SEED=…`. PART=healthy shows that the oracle is quiet on hosts that nobody broke;
CHAOS=short takes what fits into `make test`. Every result is appended to chaos.jsonl, one JSON object a line.
"""

import os
import sys
import time

import benchmarks.chaos
from benchmarks import parts

if __name__ == "__main__":
    os.environ["SEED"] = os.environ.get("SEED") or str(int(time.time()) % 10**7 * 100)
    sys.exit(parts.run(benchmarks.chaos, "chaos", short=os.environ.get("CHAOS") == "short"))
