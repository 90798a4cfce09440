"""Which tests on real hosts a part of them holds: all that was changed lately, and a third of the rest by turns."""

import subprocess
import zlib
from collections.abc import Collection
from pathlib import Path

TOP = Path(__file__).parents[2]
_THIRDS = 3
_LATELY = 3 * 3600  # s before the newest commit: a working session
_SWEEP = 15  # a commit that edits more rules than this says one thing of all of them, and nothing of each


def turn() -> int:
    """Whose turn it is: the number of commits decides, so that the next state of the code tries others."""
    return int(_git("rev-list", "--count", "HEAD") or 0) % _THIRDS


def changed() -> frozenset[str]:
    """The files that changed lately; empty where there is no git. Of a sweep over many rules, these do not count."""
    newest = _git("log", "-1", "--format=%ct")
    if not newest.strip():
        return frozenset()
    since = int(newest) - _LATELY
    commits = _git("log", f"--since={since}", "--name-only", "--format=%x00").split("\0")
    return frozenset(name for commit in commits for name in counting(commit.split()))


def counting(names: Collection[str]) -> tuple[str, ...]:
    """What counts of the files that one commit edits."""
    rules = {name for name in names if name.startswith("src/liveproof/rules/")}
    return tuple(name for name in names if len(rules) <= _SWEEP or name not in rules)


def chosen(test: str, file: str, rule_files: Collection[str], touched: Collection[str], whose: int) -> bool:
    """Whether a test is tried: its own file or its rule's was touched, or it is its turn."""
    return (
        file in touched or any(name in touched for name in rule_files) or zlib.crc32(test.encode()) % _THIRDS == whose
    )


def _git(*words: str) -> str:
    ran = subprocess.run(["git", "-C", str(TOP), *words], capture_output=True, text=True, check=False)
    return ran.stdout if ran.returncode == 0 else ""
