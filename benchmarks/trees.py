"""Trees to measure on, and commands timed in turn."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 7
SOURCE = str(Path(__file__).parent.parent / "src")


def make_tree(root: Path, count: int, size: int) -> None:
    """``count`` files of ``size`` bytes, all different, 50 to a directory, in a tree three levels deep."""
    for at in range(0, count, 50):
        directory = root / f"package-{at // 2500}" / f"src-{at // 50}"
        directory.mkdir(parents=True)
        for name in range(at, min(at + 50, count)):
            (directory / f"Class{name}.php").write_bytes(os.urandom(16) * (size // 16))


def python(script: str, *arguments: str) -> list[str]:
    """A fresh Python that sees only the standard library and liveproof; a command."""
    return [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {SOURCE!r})\n{script}", *arguments]


def ratio(ours: Sequence[str], theirs: Sequence[str], directory: Path) -> float:
    """Whole processes timed in turn after one warm-up each: the median of the ratios of the pairs."""
    pairs = [(_seconds(ours, directory), _seconds(theirs, directory)) for _ in range(ROUNDS + 1)]
    return statistics.median(mine / peer for mine, peer in pairs[1:])


def _seconds(command: Sequence[str], directory: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
