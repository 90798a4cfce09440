"""The walk of a tree of 100,000 files against ``find -printf '%U %m %T@ %p\\n'``.

Both see every owner, mode, time and name. Ours is timed within a fresh Python that imports nothing but the walk, as it
runs within a liveproof that has long started; the whole process, with Python's start, is told beside it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import quiet
from benchmarks.rows import Row, table

FILES = 100_000
ROUNDS = 7
FIND = ("find", "{root}", "-printf", "%U %m %T@ %p\\n")
MEGABYTES = 40.0

_WALK = """
import json, sys, time
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from liveproof.host.files.walk import Layout, walk
started = time.perf_counter()
seen = walk(sys.argv[1], Layout({"vendor": "vendor"}), 60.0)
seconds = time.perf_counter() - started
count = sum(times[5] for times in seen.times.values())
resident = [getrusage(who).ru_maxrss / 1024 for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
print(json.dumps([seconds, max(resident), count]))
"""


class Walked(NamedTuple):
    """Seconds within the process and of all of it, megabytes resident in the larger process, entries seen."""

    seconds: float
    whole: float
    resident: float
    entries: int


def build(root: Path, files: int) -> None:
    """A tree like a vendor directory: packages of some directories of one to thirty files."""
    made = package = 0
    while made < files:
        package += 1
        for part in range(8):
            directory = root / f"vendor/v{package % 97}/p{package}/src" / ("" if part == 0 else f"D{part}")
            directory.mkdir(parents=True, exist_ok=True)
            here = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            for at in range(min(files - made, 1 + (package * 7 + part * 11) % 30)):
                os.close(os.open(f"SomeClass{at}.php", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here))
                made += 1
            os.close(here)


def walk_once(root: Path) -> Walked:
    """Our walk in a fresh process."""
    started = time.perf_counter()
    ran = subprocess.run([sys.executable, "-I", "-c", _WALK, str(root)], stdout=subprocess.PIPE, check=True)
    whole = time.perf_counter() - started
    seconds, resident, entries = json.loads(ran.stdout)
    return Walked(seconds, whole, resident, entries)


def find_once(root: Path) -> float:
    """The peer."""
    command = [part.format(root=root) for part in FIND]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def measure(files: int = FILES, rounds: int = ROUNDS) -> list[Row]:
    """Both in turn on the same tree, warm; ratios are medians of pairs."""
    with tempfile.TemporaryDirectory(prefix="liveproof-walk-") as directory:
        root = Path(directory) / "tree"
        build(root, files)
        find_once(root)
        expected = sum(1 + len(names) for _, _, names in os.walk(root))
        pairs = []
        for _ in range(rounds):
            quiet.wait()
            pairs.append((walk_once(root), find_once(root)))
    for ours, _ in pairs:
        if ours.entries != expected:
            raise AssertionError(f"the walk saw {ours.entries} entries of {expected}")
    peer = "find -printf '%U %m %T@ %p\\n'"
    what = f"walk of {files:,} files, {min(2, len(os.sched_getaffinity(0)))} processes"
    return [
        Row(what, peer, statistics.median(ours.seconds / theirs for ours, theirs in pairs), 0.85),
        Row("the same with Python's start", peer, statistics.median(o.whole / t for o, t in pairs), None),
        Row("the same, MB resident in the larger process", "", max(o.resident for o, _ in pairs), MEGABYTES),
    ]


def main() -> int:
    """Print the table; 1 when a bound is missed."""
    return table(measure())


if __name__ == "__main__":
    sys.exit(main())
