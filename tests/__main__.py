"""Run all tests and say loudly what could not run here, and why.

LIVE=third tries on real hosts only what changed lately and a third of the rest, another one for each new commit.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests import lab
from tests.lab import Host

HERE = Path(__file__).parent
SUITE = "bookworm"


def main() -> int:
    """Unit tests, then the real hosts, then the short benches of harm, watcher and chaos; status 1 when any fails."""
    started = time.monotonic()
    failed = _pytest("unit, golden and recorded tests", ["--ignore", str(HERE / "live"), "-n", "2"])
    reason = lab.available()
    if reason is None:
        Host.up(SUITE).down()
        part = os.environ.get("LIVE") or "all"
        failed |= _pytest(
            f"real hosts ({SUITE}{', a third of what did not change' if part == 'third' else ''})",
            [str(HERE / "live"), "-n", "2", "--suites", SUITE, "--live", part],
        )
        failed |= _bench("nothing damaged, leaked or left behind", "harm")
        failed |= _bench("the watcher stands floods, kills and trouble", "soak")
        failed |= _bench("what is proven survives a cold restart", "chaos")
    else:
        count = _collected()
        print(f"\n*** {count} tests on real hosts were SKIPPED: {reason} ***\n", flush=True)
    print(f"done in {time.monotonic() - started:.0f} s", flush=True)
    return failed


def _pytest(title: str, arguments: list[str]) -> int:
    print(f"--- {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "--durations=5", *arguments]
    if str(HERE / "live") not in arguments:
        command.append(str(HERE))
    same = {"PROPERTIES": "same", **os.environ}
    return 1 if subprocess.run(command, cwd=HERE.parent, check=False, env=same).returncode else 0


def _bench(title: str, name: str) -> int:
    print(f"--- {title}", flush=True)
    command, short = [sys.executable, "-m", f"benchmarks.{name}"], {name.upper(): "short", "SUITE": SUITE}
    ran = subprocess.run(command, cwd=HERE.parent, check=False, env={**os.environ, **short})
    return 1 if ran.returncode else 0


def _collected() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", str(HERE / "live")]
    ran = subprocess.run(command, cwd=HERE.parent, check=False, capture_output=True, text=True)
    return sum("::" in line for line in ran.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main())
