"""Let artisan tell the app's workers to end, and see that each has ended and that a new one runs in its place."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from liveproof.host.process.proc import Process, process, processes
from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.repair.actions.run_artisan import run_artisan
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.signal_workers import SignalWorkers

_POLL = 0.25
_BACK = 60.0  # s: systemd and supervisord wait a few seconds between two starts
# s that a new process must have run: one that cannot start ends at once. The start of a process is told to a second.
_STEADY = 2.0
_ROUNDED = 1.5


class NotRestarted(Exception):
    """The signal was sent, and a process still runs, or none came in its place; the message tells which."""


@action(SignalWorkers)
def signal_workers(act: SignalWorkers, context: StepContext) -> PreparedAction:
    """Artisan sends the signal as the app's user; every named process ends by itself and gets a successor.

    What is looked at after is a process with the same command line, user, parent and unit. Nothing is ever killed.

    Raises:
        Refused, LeftAlone, TooMuch: as for any run of artisan.
    """
    command = RunArtisan(act.app, act.user, act.php, (act.command,), act.writes, act.umask)
    prepared = run_artisan(command, context)
    named = [one for pid, start in act.processes if (one := _same(pid, start))]
    pids = {one.pid for one in named}
    before = {one.pid for one in processes()}
    kept = [one for one in named if one.parent not in pids]  # the others are started by these

    def verify() -> None:
        prepared.verify()
        _await(lambda: _running(named), act.patience, context, _busy(act))
        _await(lambda: _missing(kept, before), _BACK, context, _gone)

    return replace(prepared, verify=verify)


def _await(left: Callable[[], list[int]], seconds: float, context: StepContext, told: Callable[[int], str]) -> None:
    """Wait until nothing is left.

    Raises:
        NotRestarted: something is left after ``seconds``.
        Stopped: somebody asked to stop.
    """
    deadline = time.monotonic() + seconds
    while pids := left():
        context.pause()
        if time.monotonic() > deadline:
            raise NotRestarted(told(pids[0]))
        time.sleep(_POLL)


def _same(pid: int, start: float) -> Process | None:
    found = process(pid)
    return found if found and abs(found.start - start) <= _ROUNDED else None


def _running(named: Iterable[Process]) -> list[int]:
    return [one.pid for one in named if _same(one.pid, one.start)]


def _missing(kept: Iterable[Process], before: set[int]) -> list[int]:
    """The processes that have no steady successor yet."""
    now = time.time()
    there = Counter(_kind(one) for one in processes() if one.pid not in before and now - one.start >= _STEADY)
    left = []
    for one in kept:
        there[_kind(one)] -= 1
        if there[_kind(one)] < 0:
            left.append(one.pid)
    return left


def _kind(one: Process) -> tuple[tuple[str, ...], int, int, str]:
    return one.argv, one.uid, one.parent, one.cgroup


def _busy(act: SignalWorkers) -> Callable[[int], str]:
    return lambda pid: (
        f"{act.command} was sent, and process {pid} still runs {act.patience:.0f} s later: it may be inside a long "
        "job, after which it ends by itself; if it does not, the signal does not reach it, and only a restart by "
        "whoever keeps it running helps"
    )


def _gone(pid: int) -> str:
    return (
        f"process {pid} has ended, and no new one of the same command ran {_BACK:.0f} s later: look at the log of "
        "whoever keeps it running"
    )
