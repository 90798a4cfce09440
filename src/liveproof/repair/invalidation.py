"""Wait until nobody is served, let PHP-FPM drop named scripts, hear that it did, and remember when."""

import time
from collections.abc import Callable

from liveproof.host.process.proc import processes
from liveproof.host.reader import Reader
from liveproof.host.write import opcache
from liveproof.host.write.opcache import NotInvalidated
from liveproof.host.write.service_control import ServiceFailed
from liveproof.probes.fpm.idle import busy
from liveproof.repair.action import Stopped
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.store import invalidated
from liveproof.store.cache import open_cache
from liveproof.store.invalidated import MemoryOf

_WAIT = 5.0  # s for a moment at which nobody is served
_BETWEEN = 0.05  # s between the two looks that must both find nobody
_PAUSE = 0.02
_LATE = 0.02  # s; the clock of file times lags behind this one by up to a tick of the kernel (10 ms at HZ=100)
_SAME_START = 0.05  # s; a process's start is told in ticks of the kernel
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
        ServiceFailed: the master or its cache is another one, it was not idle long enough, or PHP did not do it.
        Stopped: somebody asked to stop before.
    """
    deadline = time.monotonic() + _WAIT
    generation = None if any_cache else act.generation
    kept: tuple[str, ...] = ()
    while True:
        if not same_master(act):
            raise ServiceFailed(_GONE.format(act))
        moment = _idle_moment(act, deadline, stopped, kept)
        if not same_master(act):
            raise ServiceFailed(_GONE.format(act))
        try:
            told = opcache.invalidate(act.address, act.scripts, generation)
        except NotInvalidated as error:
            raise ServiceFailed(f"PHP-FPM pool {act.pool} did not drop the scripts from its memory: {error}") from None
        if not same_master(act):
            raise ServiceFailed(_GONE.format(act))
        if not told.kept:
            memory = MemoryOf(act.pid, act.start, *told.generation)
            invalidated.remember(open_cache(), memory, act.scripts, moment)
            return
        kept = told.kept


def _idle_moment(act: InvalidateScripts, deadline: float, stopped: Callable[[], bool], kept: tuple[str, ...]) -> float:
    """Wait for two looks that find nobody served; a moment by the clock of file times just before the second.

    Whatever PHP compiles after it, for a request that began after it, it reads after it.

    Raises:
        ServiceFailed: there was none in time.
        Stopped: somebody asked to stop.
    """
    reader = Reader()
    before = False
    while True:
        moment = time.time() - _LATE
        why = busy(reader, act.pid, act.addresses)
        if not why and before:
            return moment
        before = not why
        if stopped():
            raise Stopped
        if time.monotonic() > deadline:
            again = f"; PHP still has {kept[0]} in its memory" if kept else ""
            last = why or "it was idle for too short a time"
            raise ServiceFailed(
                f"PHP-FPM pool {act.pool} was not idle for {_BETWEEN * 1000:.0f} ms within {_WAIT:.0f} s ({last}), and "
                f"a request must not get a part of its scripts old and a part new{again}"
            )
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
            f"after the files were put back, PHP-FPM may still run what it compiled of {what} in between ({error}); "
            "reload it to be sure"
        )
    return ""
