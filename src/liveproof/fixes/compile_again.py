"""The least disruptive steps after which PHP runs the files as they are now. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from liveproof.analysis.memory.freshness import State, freshness
from liveproof.fixes.invalidate import invalidation
from liveproof.fixes.reload import graceful_reload
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.plan import Step
from liveproof.model.verdicts import Safety

Chosen = Callable[[PoolOpcache], Iterable[Script]]


def compile_again(
    fpm: Fpm, opcache: Opcache, pools: Iterable[str], why: str, scripts: Chosen | None = None
) -> Iterator[Step]:
    """One step for each running master of the pools with these ids.

    A graceful reload where it costs nothing; else, where that can be done, PHP drops only the scripts that are not
    proven to be fresh, or those that ``scripts`` names of a pool, and compiles them again, with those that could not be
    proven any more after that; else the reload with its cost. Nothing where ``scripts`` names none.
    """
    wanted = tuple(pools)
    done: set[int] = set()
    for master, _ in fpm.serving(wanted):
        if not master.pid or master.pid in done:
            continue
        done.add(master.pid)
        reload = graceful_reload(master, why)
        if reload.safety is Safety.SAFE:
            yield reload
            continue
        ids = {pool.id for pool in master.pools} & set(wanted)
        caches = [cache for cache in opcache.seen if cache.pool in ids]
        if len(caches) < len(ids):
            yield _costly(reload, "its cache was not seen")
            continue
        # All pools of a master share its cache, but each tells of it by its own settings.
        chosen = {script.path: script for cache in caches for script in (scripts or _not_fresh(opcache))(cache)}
        if chosen:
            chosen |= {script.path: script for cache in caches for script in _known_before(opcache, cache)}
        if chosen or not scripts:
            step = invalidation(fpm, opcache, caches[0], chosen.values(), why)
            yield step if isinstance(step, Step) else _costly(reload, step)


def _costly(reload: Step, reason: str) -> Step:
    return replace(reload, cost=f"{reload.cost}; without a reload it cannot be done: {reason}")


def _not_fresh(opcache: Opcache) -> Chosen:
    return lambda cache: (script for script in cache.scripts if not _fine(opcache, cache, script))


def _known_before(opcache: Opcache, cache: PoolOpcache) -> Iterator[Script]:
    """What is proven by what past runs know alone: PHP's wasted memory, by which that is known to hold, grows."""
    for script in cache.scripts:
        if script.same and not _fine(opcache, cache, replace(script, same=None)):
            yield script


def _fine(opcache: Opcache, cache: PoolOpcache, script: Script) -> bool:
    return freshness(cache, script, opcache.now).state in (State.FRESH, State.GONE)
