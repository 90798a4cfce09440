"""500 MB in 40,000 files proven against a manifest, against ``sha256sum -c``.

Ours is timed within a fresh Python from reading the manifest to the answer; the whole process, with Python's start, is
told beside it, and so is a repeat on an unchanged tree, which reads no file again.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import quiet
from benchmarks.rows import Row, table

FILES = 40_000
BYTES = 500_000_000
ROUNDS = 5

_COMPARE = """
import json, sys, time
from liveproof.host.files.digests import compare
from liveproof.attestation.manifest import parse
started = time.perf_counter()
with open(sys.argv[2], encoding="utf-8", errors="surrogateescape") as file:
    wanted = parse(file.read())
first = compare(sys.argv[1], wanted, {}, "sha256")
seconds = time.perf_counter() - started
started = time.perf_counter()
again = compare(sys.argv[1], wanted, first.right, "sha256")
repeat = time.perf_counter() - started
print(json.dumps([seconds, repeat, first.count, len(first.changed) + len(first.missing), again.hashed]))
"""


class Compared(NamedTuple):
    """Seconds to prove, to prove again, and of the whole process but for the second proof."""

    seconds: float
    repeat: float
    whole: float


def build(root: Path, manifest: Path, files: int, size: int) -> None:
    """Files of every size around the mean, none like another, and their manifest."""
    noise = random.Random(1).randbytes(1 << 20)
    sizes = [1 + at % 8 for at in range(files)]
    unit = size // sum(sizes)
    for at, share in enumerate(sizes):
        directory = root / f"vendor/v{at // 2000}/p{at // 100}/D{at // 12 % 9}"
        directory.mkdir(parents=True, exist_ok=True)
        start = at * 13 % ((1 << 20) - share * unit)
        (directory / f"SomeClass{at}.php").write_bytes(b"%d" % at + noise[start : start + share * unit])
    script = "find . -type f -print0 | sort -z | xargs -0 sha256sum"
    with manifest.open("wb") as out:
        subprocess.run(["sh", "-c", script], cwd=root, stdout=out, check=True)


def compare_once(root: Path, manifest: Path, files: int) -> Compared:
    """Our proof in a fresh process."""
    started = time.perf_counter()
    command = [sys.executable, "-I", "-c", _COMPARE, str(root), str(manifest)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    whole = time.perf_counter() - started
    seconds, repeat, count, wrong, read_again = json.loads(ran.stdout)
    if (count, wrong, read_again) != (files, 0, 0):
        raise AssertionError(f"of {files} files {count} were compared, {wrong} told as wrong, {read_again} read again")
    return Compared(seconds, repeat, whole - repeat)


def sha256sum_once(root: Path, manifest: Path) -> float:
    """The peer."""
    started = time.perf_counter()
    subprocess.run(["sha256sum", "-c", "--quiet", str(manifest)], cwd=root, check=True)
    return time.perf_counter() - started


def measure(files: int = FILES, size: int = BYTES, rounds: int = ROUNDS) -> list[Row]:
    """Both in turn on the same tree, warm; ratios are medians of pairs."""
    with tempfile.TemporaryDirectory(prefix="liveproof-content-") as directory:
        root, manifest = Path(directory) / "tree", Path(directory) / "manifest"
        build(root, manifest, files, size)
        time.sleep(2.5)  # a file that changed just now would rightly be read again
        sha256sum_once(root, manifest)
        pairs = []
        for _ in range(rounds):
            quiet.wait()
            pairs.append((compare_once(root, manifest, files), sha256sum_once(root, manifest)))
    what = f"{size // 10**6} MB in {files:,} files, {min(2, len(os.sched_getaffinity(0)))} processes"
    return [
        Row(what, "sha256sum -c", statistics.median(ours.seconds / theirs for ours, theirs in pairs), 0.30),
        Row("the same with Python's start", "sha256sum -c", statistics.median(o.whole / t for o, t in pairs), None),
        Row("the same again, nothing changed", "sha256sum -c", statistics.median(o.repeat / t for o, t in pairs), None),
    ]


def main() -> int:
    """Print the table; 1 when a bound is missed."""
    return table(measure())


if __name__ == "__main__":
    sys.exit(main())
