"""Whether a master's pools serve nobody at this moment, seen from outside.

A connection alone does not tell: after fastcgi_finish_request() the visitor has its answer and PHP works on. So every
worker must wait for the next connection in the kernel, by the system call that it is in (proc_pid_syscall(5)).
"""

import os
from collections.abc import Sequence

from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Socket
from liveproof.model.findings import Unknown
from liveproof.probes.fpm.load import Subject, load
from liveproof.probes.fpm.sockets import Sockets

# accept and accept4 (the kernel's unistd.h); a PHP of 32 bits on such a machine is told as busy.
_ACCEPT = {"x86_64": ("43", "288"), "aarch64": ("202", "242"), "riscv64": ("202", "242")}


def busy(reader: Reader, master: int, addresses: Sequence[str]) -> str:
    """Why a moment is not idle, as a clause; empty when no worker serves anybody and nobody waits.

    Args:
        reader: the door.
        master: the pid of the FPM master.
        addresses: those of all its pools, as nginx writes them.
    """
    workers = reader.children(master)
    for worker in workers:
        if why := _works(reader, worker):
            return why
    sockets = Sockets(reader, 0, Unknown("not asked"))
    for address in addresses:
        path = address[5:] if address.startswith("unix:") else ""
        socket = Socket(True, True, 0, 0, 0, True, reader.resolve(path) if path else "")
        try:
            now = load(reader, sockets, Subject(master, "", address, socket, 1, 0), 0, watch=False)
        except OSError as error:
            return f"who is connected to {address} cannot be seen ({error.strerror or error})"
        if now.waiting > 0 or now.held > 0:
            return f"{address} has {now.held} open connections and {max(0, now.waiting)} that wait"
    return ""


def _works(reader: Reader, worker: Process) -> str:
    machine = os.uname().machine
    numbers = _ACCEPT.get(machine)
    if numbers is None:
        return f"whether a worker is idle cannot be seen on {machine}"
    try:
        call = reader.read(f"/proc/{worker.pid}/syscall", 256).split()
    except OSError as error:
        return f"whether worker {worker.pid} is idle cannot be seen ({error.strerror or error})"
    if call and call[0].decode(errors="replace") in numbers:
        return ""
    return f"worker {worker.pid} is at work"
