"""A control group of its own for each host, in both of a machine's trees."""

import contextlib
import os
import subprocess
import time
from pathlib import Path
from typing import Final

_PARENT: Final = "liveproof-lab"


def unified() -> Path:
    """Where the version 2 tree is mounted; it is mounted when no one did."""
    for line in Path("/proc/mounts").read_text().splitlines():
        fields = line.split()
        if fields[2] == "cgroup2":
            return Path(fields[1])
    point = Path("/sys/fs/cgroup/unified")
    point.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", str(point)], timeout=10, check=True)
    return point


def of(index: int) -> Path:
    """The version 2 group of the host with this number."""
    return unified() / _PARENT / str(index)


def make(index: int) -> list[Path]:
    """The ``cgroup.procs`` files that a host's supervisor must be written to before it starts.

    Without a group of their own all hosts would share one payload group, also in the old ``name=systemd`` tree.
    """
    groups = [of(index)]
    old = Path("/sys/fs/cgroup/systemd")
    if old.is_dir():
        groups.append(old / _PARENT / str(index))
    for group in groups:
        group.mkdir(parents=True, exist_ok=True)
    return [group / "cgroup.procs" for group in groups]


def pids(group: Path) -> list[int]:
    """The processes in ``group`` itself, in this machine's numbers."""
    try:
        return [int(line) for line in (group / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def kill(index: int, *, timeout: float = 10.0) -> bool:
    """Kill everything in the host's group and wait until it is empty; false when something would not die."""
    group = of(index)
    if not group.is_dir():
        return True
    with contextlib.suppress(OSError):
        (group / "cgroup.kill").write_text("1\n")
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            if "populated 0" in (group / "cgroup.events").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.005)
    return False


def remove(index: int) -> None:
    """Remove the host's groups; what is still populated stays."""
    trees = [of(index), Path("/sys/fs/cgroup/systemd") / _PARENT / str(index)]
    for tree in trees:
        for directory, _, _ in os.walk(tree, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(directory)
