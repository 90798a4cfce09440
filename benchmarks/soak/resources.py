"""What the watcher uses, as its control group and /proc tell."""

from dataclasses import dataclass

from tests.lab import Host
from tests.lab.watching import UNIT


@dataclass(frozen=True, slots=True)
class Used:
    """Processor time of the watcher with its children (s), its own memory, and the most that all together had (MB)."""

    cpu_seconds: float
    watcher_mb: float
    peak_mb: float


def used(host: Host) -> Used:
    """What it has used until now. Memory is what is its own and in use: anonymous, without the page cache."""
    pid = host.sh(f"systemctl show -P MainPID {UNIT}").strip()
    group = f"/sys/fs/cgroup{host.sh(f'systemctl show -P ControlGroup {UNIT}').strip()}"
    cpu = int(host.sh(f"sed -n 's/^usage_usec //p' {group}/cpu.stat"))
    resident = int(host.sh(f"sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/{pid}/status"))
    peak = int(host.sh(f"cat {group}/memory.peak 2>/dev/null || echo 0").strip() or 0)
    return Used(cpu / 1e6, resident / 1024, peak / 2**20)
