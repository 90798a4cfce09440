"""The processes of this host, read from /proc; those of containers are left out."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """A process: a pid and its start time are its identity (proc_pid_stat(5)).

    ``start`` is epoch seconds, ``argv`` its command line (for php-fpm and nginx the title they wrote over it),
    ``uid`` the effective user, ``cgroup`` the path of its control group, ``kind`` the kernel's short name (comm).
    ``stopped``: a signal or a debugger has stopped it, so that it does nothing.
    """

    pid: int
    parent: int
    start: float
    uid: int
    kind: str
    argv: tuple[str, ...]
    cgroup: str
    stopped: bool = False

    @property
    def title(self) -> str:
        """The command line as one line."""
        return " ".join(self.argv)

    @property
    def unit(self) -> str:
        """The systemd service of the process by its control group, or empty."""
        return next((part for part in reversed(self.cgroup.split("/")) if part.endswith(".service")), "")


def processes() -> tuple[Process, ...]:
    """Every process that shares our pid namespace; one that ends while it is read is left out.

    Raises:
        OSError: /proc is not mounted.
    """
    boot = _boot_time()
    ours = _namespace("self")
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            process = _process(name, boot, ours)
            if process:
                found.append(process)
    return tuple(sorted(found, key=lambda process: process.pid))


def process(pid: int) -> Process | None:
    """One process as it is now; None for one that is gone, a zombie, a kernel thread or in a container.

    Raises:
        OSError: /proc is not mounted.
    """
    return _process(str(pid), _boot_time(), _namespace("self"))


def to_the_tick(start: float) -> float:
    """The start of a process, which ``Process.start`` tells from the whole second of the boot, to a tick (10 ms).

    In epoch seconds by the clock as it is set now. Where it cannot be had ``start`` itself, which is up to 1 s early.
    """
    try:
        fraction = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) - _boot_time()
    except OSError:
        return start
    return start + fraction if 0 <= fraction < 1 + 1 / _TICKS else start


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``, as the parents stand in /proc now."""
    below: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                below.setdefault(int(file.read().rpartition(b")")[2].split()[1]), []).append(int(name))
    found, waiting = [], [pid]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def children(pid: int) -> tuple[Process, ...]:
    """The children of a process as they are now, in the order they were started.

    Raises:
        OSError: /proc is not mounted.
    """
    try:
        names = _read(f"/proc/{pid}/task/{pid}/children").decode().split()
    except FileNotFoundError:  # the process is gone, or a kernel without CONFIG_PROC_CHILDREN
        return tuple(process for process in processes() if process.parent == pid)
    boot, ours = _boot_time(), _namespace("self")
    found = (_process(name, boot, ours) for name in names)
    return tuple(process for process in found if process and process.parent == pid)


def child_pids(pid: int) -> frozenset[int]:
    """The pids of the children of a process as they are now: as ``children``, in a small part of the time.

    Raises:
        OSError: /proc is not mounted.
    """
    try:
        return frozenset(map(int, _read(f"/proc/{pid}/task/{pid}/children").split()))
    except FileNotFoundError:
        return frozenset(process.pid for process in children(pid))


def _process(name: str, boot: float, ours: str) -> Process | None:
    try:
        stat = _read(f"/proc/{name}/stat")
        opening, closing = stat.index(b"("), stat.rindex(b")")
        fields = stat[closing + 2 :].split()
        command = _read(f"/proc/{name}/cmdline")
        if not command:
            return None
        if _namespace(name) not in ("", ours):
            return None
        return Process(
            int(name),
            int(fields[1]),
            boot + int(fields[19]) / _TICKS,
            os.stat(f"/proc/{name}").st_uid,
            stat[opening + 1 : closing].decode(errors="replace"),
            tuple(part.decode(errors="surrogateescape") for part in command.rstrip(b"\0 ").split(b"\0")),
            _cgroup(name),
            fields[0] in (b"T", b"t"),
        )
    except (OSError, ValueError, IndexError):
        return None


def _namespace(name: str) -> str:
    try:
        return os.readlink(f"/proc/{name}/ns/pid")
    except OSError:
        return ""


def _cgroup(name: str) -> str:
    """The unified path, or that of systemd's own v1 hierarchy (cgroups(7))."""
    lines = _read(f"/proc/{name}/cgroup").decode(errors="replace").splitlines()
    for marker in ("0::", "1:name=systemd:"):
        for line in lines:
            if line.startswith(marker) and line != f"{marker}/":
                return line[len(marker) :]
    return "/"


def _boot_time() -> float:
    for line in _read("/proc/stat").splitlines():
        if line.startswith(b"btime "):
            return float(line.split()[1])
    raise OSError("/proc/stat shows no boot time")


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        chunks = []
        while chunk := os.read(descriptor, 65536):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        os.close(descriptor)
