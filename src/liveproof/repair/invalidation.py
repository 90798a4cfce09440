"""Wait until nobody is served, let PHP-FPM drop named scripts, hear that it did, and remember when."""

import time
from collections.abc import Callable
from typing import NamedTuple

from liveproof.host.process.proc import child_pids, children, processes
from liveproof.host.reader import Reader
from liveproof.host.write.opcache import HeldWorkers, NotInvalidated, Told
from liveproof.host.write.service_control import ServiceFailed, WouldDrop
from liveproof.probes.fpm.idle import busy
from liveproof.probes.fpm.masters import pool_of
from liveproof.repair.action import Stopped
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.store import invalidated
from liveproof.store.cache import open_cache
from liveproof.store.invalidated import MemoryOf

_WAIT = 5.0  # s for a moment at which nobody is served
_BETWEEN = 0.05  # s between the two looks that must both find nobody
_PAUSE = 0.02
_HELD = 0.3  # s for which visitors may have to wait, at most, until every worker is held
_LATE = 0.02  # s; the clock of file times lags behind this one by up to a tick of the kernel (10 ms at HZ=100)
_SAME_START = 0.05  # s; a process's start is told in ticks of the kernel
_BUSY = (
    f"PHP-FPM pool {{0.pool}} was not idle for a moment within {_WAIT:.0f} s ({{1}}), and no request must get "
    "a part of its scripts old and a part new"
)
_GONE = "the PHP-FPM master {0.pid} of pool {0.pool} is no longer the process that was seen"


def same_master(act: InvalidateScripts) -> bool:
    """Whether the master is still the process that was seen."""
    master = next((process for process in processes() if process.pid == act.pid), None)
    return master is not None and abs(master.start - act.start) <= _SAME_START and master.kind.startswith("php-fpm")


def drop(act: InvalidateScripts, stopped: Callable[[], bool] = lambda: False, *, any_cache: bool = False) -> None:
    """Let PHP drop the scripts while nobody is served, until PHP says that it has none of them.

    What a visitor who came in that instant made it compile meanwhile is dropped once more. ``any_cache``: also of a
    cache that has begun since.

    Raises:
        ServiceFailed: the master or its cache is another one.
        WouldDrop: it was not idle long enough, or PHP did not do it: only a reload does.
        Stopped: somebody asked to stop before.
    """
    deadline = time.monotonic() + _WAIT
    generation = None if any_cache else act.generation
    while True:
        if not same_master(act):
            raise ServiceFailed(_GONE.format(act))
        await_idle(act, stopped, deadline)
        try:
            held = _dropped(act, generation)
        except NotInvalidated as error:
            raise WouldDrop(f"PHP-FPM pool {act.pool} did not drop the scripts from its memory: {error}") from None
        if not same_master(act):
            raise ServiceFailed(_GONE.format(act))
        if held and not held.told.kept:
            memory = MemoryOf(act.pid, act.start, *held.told.generation)
            invalidated.remember(open_cache(), memory, act.scripts, held.moment)
            return
        if time.monotonic() > deadline:
            why = f"PHP still has {held.told.kept[0]} in its memory" if held else "a worker went on serving"
            raise WouldDrop(_BUSY.format(act, why))


class _Dropped(NamedTuple):
    """What PHP said, and a moment before it, by the clock of file times, at which no worker served anybody.

    Whatever PHP compiles after that moment, it reads after it.
    """

    moment: float
    told: Told


def _dropped(act: InvalidateScripts, generation: tuple[int, int] | None) -> _Dropped | None:
    """Hold every worker and drop the scripts; None where a worker was not to be had in time, and nothing was dropped.

    Raises:
        NotInvalidated: a pool cannot be asked, or PHP did not do it.
    """
    addresses = dict(act.pools)
    workers = children(act.pid)
    others = [addresses.get(pool_of(worker), "") for worker in workers]
    if "" in others:  # one that is just being started
        return None
    if act.address in others:
        others.remove(act.address)
    with HeldWorkers() as held:
        deadline = time.monotonic() + _HELD
        held.ask_to_drop(act.address, act.scripts, generation)
        for address in others:
            held.ask_to_wait(address)
        pids = held.pids(deadline)
        moment = time.time() - _LATE
        # PHP-FPM starts a worker where none is idle (once a second, or at once with pm=ondemand). One that is not there
        # yet at this last look takes longer to load a file than PHP takes to drop all.
        if len(pids) <= len(others) or not child_pids(act.pid) <= pids:
            return None
        return _Dropped(moment, held.drop())


def await_idle(act: InvalidateScripts, stopped: Callable[[], bool], deadline: float = 0.0) -> None:
    """Wait for two looks that find nobody served, so that nobody has to wait for long once workers are held.

    ``deadline`` by the monotonic clock; 0: in five seconds.

    Raises:
        WouldDrop: there was none in time.
        Stopped: somebody asked to stop.
    """
    reader = Reader()
    deadline = deadline or time.monotonic() + _WAIT
    before = False
    while True:
        why = busy(reader, act.pid, tuple(dict(act.pools).values()))
        if not why and before:
            return
        before = not why
        if stopped():
            raise Stopped
        if time.monotonic() > deadline:
            raise WouldDrop(_BUSY.format(act, why or "it was idle for too short a time"))
        time.sleep(_BETWEEN if before else _PAUSE)


def drop_again(act: InvalidateScripts) -> str:
    """After the files were put back: PHP must not keep what it compiled of them in between. A remark if it may.

    A reload since does not matter; after a restart there is another master, which is asked to be reloaded.
    """
    try:
        drop(act, any_cache=True)
    except ServiceFailed as error:
        what = act.scripts[0] if len(act.scripts) == 1 else f"{len(act.scripts)} scripts"
        return (
            f"after the files were restored, PHP-FPM may still run what it compiled of {what} in between ({error}); "
            "reload it to be sure"
        )
    return ""
