"""`make bench-gate`: ways of deploying and what goes wrong with them; exit status 1 where the gate was wrong.

PART=git,releases narrows it, SEED= and ROUNDS= repeat it, SUITE=trixie. Results are appended to gate.jsonl.
"""

import os
import sys

import benchmarks.gate
from benchmarks import parts

if __name__ == "__main__":
    sys.exit(parts.run(benchmarks.gate, "gate", short=os.environ.get("GATE") == "short"))
