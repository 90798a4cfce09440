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
    part = os.environ.get("LIVE") or "all"
    reason = lab.available()
    print(_announcement(part, reason), flush=True)
    failed = _pytest("unit, golden and recorded tests", ["--ignore", str(HERE / "live"), "-n", "2"])
    if reason is None:
        Host.up(SUITE).down()
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
    minutes = (time.monotonic() - started) / 60
    print(f"make test: {'FAILED' if failed else 'passed'} in {minutes:.0f} min: {'; '.join(_sums)}", flush=True)
    return failed


_sums: list[str] = []


def _announcement(part: str, skipped: str | None) -> str:
    """What is about to be tried, and how long that takes on two cores."""
    if skipped:
        return f"make test: about 3 minutes: unit tests only, since real hosts cannot be started here ({skipped})"
    how, minutes = ("a third of the", 30) if part == "third" else ("all", 60)
    return (
        f"make test: about {minutes} minutes on two cores: unit tests (3), then {how} tests on real hosts, which are "
        "containers of this machine, then short benches; only this directory and the cache of the lab are written"
    )


def _pytest(title: str, arguments: list[str]) -> int:
    print(f"--- {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "--durations=5", *arguments]
    if str(HERE / "live") not in arguments:
        command.append(str(HERE))
    same = {"PROPERTIES": "same", **os.environ}
    with subprocess.Popen(command, cwd=HERE.parent, env=same, stdout=subprocess.PIPE, text=True) as ran:
        last = ""
        for line in ran.stdout or ():
            if line.startswith("bringing up nodes"):
                continue
            print(line, end="", flush=True)
            last = line.strip() or last
    _sums.append(f"{title}: {last}")
    return 1 if ran.returncode else 0


def _bench(title: str, name: str) -> int:
    print(f"--- {title}", flush=True)
    command, short = [sys.executable, "-m", f"benchmarks.{name}"], {name.upper(): "short", "SUITE": SUITE}
    ran = subprocess.run(command, cwd=HERE.parent, check=False, env={**os.environ, **short})
    _sums.append(f"{name} {'FAILED' if ran.returncode else 'passed'}")
    return 1 if ran.returncode else 0


def _collected() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", str(HERE / "live")]
    ran = subprocess.run(command, cwd=HERE.parent, check=False, capture_output=True, text=True)
    return sum("::" in line for line in ran.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main())
