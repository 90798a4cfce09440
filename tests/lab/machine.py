"""A booted tree: systemd-nspawn as supervisor, the pid of its systemd, and the way in."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.lab import cgroup, network
from tests.lab.errors import LabError

_POWER_OFF: Final = signal.SIGRTMIN + 4  # systemd's own signal for it

# Supervisors this process started, by host number: they are its children, so it must collect them when they end.
_supervisors: dict[int, subprocess.Popen[bytes]] = {}


def start(root: Path, name: str, index: int, console: Path) -> int:
    """Boot ``root`` and return the pid of its systemd on this machine.

    Raises:
        LabError: it did not start; the message holds what nspawn printed.
    """
    groups = [str(path) for path in cgroup.make(index)]
    join = "".join(f"echo $$ >{path}; " for path in groups)
    argv = [
        *("systemd-nspawn", f"--directory={root}", f"--machine={name}", "--register=no", "--keep-unit", "--boot"),
        *("--settings=no", "--console=read-only", "--resolv-conf=off", "--timezone=off", "--link-journal=no"),
        f"--network-namespace-path=/run/netns/{network.namespace(index)}",
        "--system-call-filter=fanotify_init fanotify_mark open_by_handle_at",  # as on a host that is no container
    ]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_LOCK": "0"}
    with console.open("wb") as output:
        # A session of its own: Ctrl-C in the terminal is for the tests, which then take the host down in order.
        supervisor = subprocess.Popen(
            ["sh", "-c", f'{join}exec "$@"', "nspawn", *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
    _supervisors[index] = supervisor
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if pid := _init_below(supervisor.pid):
            return pid
        if supervisor.poll() is not None:
            break
        time.sleep(0.003)
    stop(None, index, orderly=False)
    raise LabError(f"{name} did not start:\n{console.read_text(errors='replace')[-2000:]}")


def _init_below(supervisor: int) -> int | None:
    """The child that is pid 1 of its own pid name space and already past exec."""
    with contextlib.suppress(OSError, ValueError):
        for word in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split():
            status = Path(f"/proc/{word}/status").read_text()
            inner = next(line.split()[-1] for line in status.splitlines() if line.startswith("NSpid:"))
            if inner == "1" and os.readlink(f"/proc/{word}/exe").endswith("/systemd"):
                return int(word)
    return None


def stop(pid: int | None, index: int, *, orderly: bool, timeout: float = 20.0) -> None:
    """End the host: with ``orderly`` systemd is asked to power off first, and what is left then is killed.

    Raises:
        LabError: something in it cannot be killed.
    """
    if orderly and pid is not None:
        with contextlib.suppress(ProcessLookupError):
            watched = os.pidfd_open(pid)
            try:
                os.kill(pid, _POWER_OFF)
                select.select([watched], [], [], timeout)
            finally:
                os.close(watched)
    if not cgroup.kill(index):
        raise LabError(f"host number {index} has processes that cannot be killed: {cgroup.of(index)}")
    if supervisor := _supervisors.pop(index, None):
        with contextlib.suppress(subprocess.TimeoutExpired):
            supervisor.wait(5)
    cgroup.remove(index)


def enter(pid: int, index: int, argv: Sequence[str], env: dict[str, str], cwd: str = "/") -> list[str]:
    """The command line that runs ``argv`` inside the host of systemd ``pid``, with exactly this environment."""
    # Its own group below the host's: it must look, and die, like a process of the host.
    group = cgroup.of(index) / "payload" / "lab.scope"
    words = [f"{name}={value}" for name, value in env.items()]
    return [
        *("sh", "-c", f'mkdir -p {group} && echo $$ >{group}/cgroup.procs; exec "$@"', "enter"),
        *("nsenter", "--target", str(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"),
        *(f"--root=/proc/{pid}/root", f"--wd=/proc/{pid}/root{cwd}", "--", "/usr/bin/env", "-i", *words, *argv),
    ]
