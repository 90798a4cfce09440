"""`make soak`: every part, a line with its figures a trial; exit status 1 where a bound is missed.

PART=alerts,flood narrows it, SEED= and ROUNDS= repeat or lengthen it, SOAK=short takes what fits into `make test`:
there the times are printed and not judged, since the machine is busy with other things.
Every result is appended to soak.jsonl beside the Makefile, one JSON object a line.
"""

import os
import sys

import benchmarks.soak
from benchmarks import parts

if __name__ == "__main__":
    sys.exit(parts.run(benchmarks.soak, "soak", short=os.environ.get("SOAK") == "short"))
