"""Start a command, SIGKILL it once its run's journal holds so many records and a moment has passed.

Arguments: records, seconds, command. Prints its exit status and the journal's last whole record, each on a line.
"""

import json
import os
import subprocess
import sys
import time

RUNS = "/var/lib/liveproof/runs"


def runs() -> set[str]:
    """The runs that there are."""
    return set(os.listdir(RUNS)) if os.path.isdir(RUNS) else set()


def records(known: set[str]) -> list[str]:
    """The whole records of the run that is not known."""
    for run in runs() - known:
        try:
            with open(f"{RUNS}/{run}/journal.jsonl", errors="replace") as journal:
                return journal.read().split("\n")[:-1]
        except OSError:
            pass
    return []


def main(wanted: int, seconds: float, command: list[str]) -> None:
    """Kill it there, unless it ends before."""
    known = runs()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(records(known)) < wanted and process.poll() is None:
        time.sleep(0.0005)
    time.sleep(seconds)
    process.kill()
    print(process.wait())
    last = json.loads((records(known) or ["{}"])[-1])
    print(json.dumps({key: last[key] for key in ("is", "step") if key in last}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
