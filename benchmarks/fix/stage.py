"""A host that nobody tuned, with this bench's programs and pages on it."""

import math
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.fix.load import Answer
from tests.lab import Host

LENGTH = 0.02  # s that a page sleeps
_AROUND = 0.003  # s that nginx, FPM and PHP add: what a look sees as held
IDLE = 0.8
# Random requests of this length leave the pool idle so often: exp(-rate * length).
RATE = -math.log(IDLE) / (LENGTH + _AROUND)

_INSIDE = Path(__file__).parent / "inside"
_AT = "/opt/bench"


def furnish(host: Host, pages: dict[str, str]) -> None:
    """Push the programs, and the pages as the pool's user's files in the document root."""
    host.push(_INSIDE, f"{_AT}/benchmarks/fix/inside")
    for name, text in pages.items():
        page = host.file(f"{host.app}/public/{name}")
        page.write_text(text)
    host.sh(f'cd public; chown "$WWW:" {" ".join(pages)}; touch -d "1 hour ago" {" ".join(pages)}')


def run(host: Host, program: str, *arguments: object, timeout: float) -> str:
    """What one of the programs prints.

    Raises:
        RuntimeError: it failed.
    """
    words = ["python3", "-m", f"benchmarks.fix.inside.{program}", *map(str, arguments)]
    env = {"PYTHONPATH": f"{_AT}:/opt/liveproof/app:/opt/liveproof/lib"}
    try:
        ran = host.exec(words, timeout=timeout, env=env)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{program} took more than {timeout:.0f} s") from None
    if ran.returncode:
        raise RuntimeError(f"{program} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout


def reasons(answers: Iterable[Answer]) -> str:
    """Why requests were lost, the most frequent first; empty when none was."""
    counted = Counter(answer.lost for answer in answers if answer.lost)
    return "; ".join(f"{count} x {reason}" for reason, count in counted.most_common())


def stalls(answers: Sequence[Answer]) -> str:
    """How long clients waited."""
    took = [answer.seconds for answer in answers]
    return f"longest stall {1000 * max(took):.0f} ms, median {1000 * median(took):.0f} ms" if took else "no request"
