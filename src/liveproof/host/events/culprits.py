"""Who caused an event: read from /proc, and proven by the kernel to be that very process."""

import signal
from collections.abc import Collection

from liveproof.host.events.event import Culprit
from liveproof.host.process.proc import Process, process

_LONG = 4096  # bytes of a command line that are kept


class Culprits:
    """Answers for the events of one batch at a time; forgets between batches, since pids are used again.

    Args:
        pids: processes whose events are left out; the caller may change the set at any time.
        cgroup: a control group (as in ``Process.cgroup``) whose processes' events are left out, with those below it.
    """

    def __init__(self, pids: Collection[int] = (), cgroup: str = "") -> None:
        self._pids = pids
        self._cgroup = cgroup.rstrip("/")
        self._known: dict[int, tuple[Culprit, bool]] = {}

    def forget(self) -> None:
        """A new batch begins."""
        self._known.clear()

    def of(self, pid: int, pidfd: int) -> tuple[Culprit | None, bool]:
        """The process, if it is proven; and whether its events are left out.

        A pidfd refers to the process that caused the event. If that still exists after /proc was read, what was read
        was its own, and its pid was no other process's from the event until now.
        """
        if pid in self._pids:
            return None, True
        if pid in self._known:
            return self._known[pid]
        if pidfd < 0:
            return None, False
        try:
            found = process(pid)
            parent = process(found.parent) if found else None
        except OSError:  # /proc is not mounted, or no descriptor is left
            return None, False
        if found is None or not _exists(pidfd):
            return None, False
        known = _culprit(found, parent), self._left_out(found)
        self._known[pid] = known
        return known

    def _left_out(self, found: Process) -> bool:
        return bool(self._cgroup) and f"{found.cgroup}/".startswith(f"{self._cgroup}/")


def _culprit(found: Process, parent: Process | None) -> Culprit:
    argv, left = [], _LONG
    for argument in found.argv:
        if left <= 0:
            break
        argv.append(argument[:left])
        left -= len(argument) + 1
    # A parent that began after its child is another process under the same pid, or took the child over.
    known = parent is not None and parent.start <= found.start
    return Culprit(
        found.pid,
        found.start,
        found.kind,
        tuple(argv),
        found.uid,
        found.parent,
        parent.kind if parent and known else "",
    )


def _exists(pidfd: int) -> bool:
    """Whether the process has not been waited for; a zombie keeps its pid."""
    try:
        signal.pidfd_send_signal(pidfd, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
