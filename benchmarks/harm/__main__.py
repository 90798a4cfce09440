"""`make bench-harm`: every part, a line a trial; exit status 1 where anything was lost.

PART=floors,secrets narrows it, SEED= and ROUNDS= repeat or lengthen it, HARM=short takes what fits into `make test`.
Every result is appended to harm.jsonl beside the Makefile, one JSON object a line.
"""

import os
import sys

import benchmarks.harm
from benchmarks import parts

if __name__ == "__main__":
    sys.exit(parts.run(benchmarks.harm, "harm", short=os.environ.get("HARM") == "short"))
