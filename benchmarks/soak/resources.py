"""What the watcher uses, as its control group and /proc tell."""

from dataclasses import dataclass

from tests.lab import Host
from tests.lab.product import LAUNCHER
from tests.lab.watching import UNIT

# The most that a check has of memory, all its processes one by one, as the kernel tells their parent (getrusage(2)).
_CHILD = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


@dataclass(frozen=True, slots=True)
class Used:
    """Processor time of the watcher with its children (s), and its own memory (MB)."""

    cpu_seconds: float
    watcher_mb: float


def used(host: Host) -> Used:
    """What it has used until now."""
    pid = host.sh(f"systemctl show -P MainPID {UNIT}").strip()
    group = f"/sys/fs/cgroup{host.sh(f'systemctl show -P ControlGroup {UNIT}').strip()}"
    cpu = int(host.sh(f"sed -n 's/^usage_usec //p' {group}/cpu.stat"))
    resident = int(host.sh(f"sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/{pid}/status"))
    return Used(cpu / 1e6, resident / 1024)


def child_mb(host: Host) -> float:
    """The memory of the largest process of a check, as the watcher starts it (MB)."""
    ran = host.exec(["python3", "-c", _CHILD, LAUNCHER, "check", "--format", "json"])
    return int(ran.stdout) / 1024
