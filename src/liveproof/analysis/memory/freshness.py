"""Whether a cached script is what its file would compile to now: proven, refuted, or not to be told. Pure.

What PHP keeps of a script bounds the moment of its compilation from below and from above; what the file system keeps
of a file bounds the moment of its last change. Where the two do not overlap there is a proof. How PHP decides was read
in php-src (ext/opcache/ZendAccelerator.c: validate_timestamp_and_record, opcache_compile_file) and tried on real pools.
"""

import math
from enum import Enum

from liveproof.model.dataclass import dataclass
from liveproof.model.facts.opcache import PoolOpcache, Script

# The kernel stamps files with a clock that lags behind a request's by up to one tick (10 ms at HZ=100).
_TICK = 0.01
# A request uses a script some time after it began, and only its beginning is kept.
_REQUEST = 2


class State(Enum):
    """What is known of a cached script. PASSING: stale now, and the next request after the window compiles it again."""

    FRESH = "fresh"
    STALE = "stale"
    PASSING = "passing"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Freshness:
    """A state and why, as a clause without a subject (``changed … after it was compiled …``)."""

    state: State
    why: str
    until: int = 0


def blind(pool: PoolOpcache) -> str:
    """Why nothing can be said of any script of this pool; empty when something can be."""
    if pool.setting("opcache.file_cache_only") == "1":
        return f"pool {pool.pool} keeps bytecode in files only (opcache.file_cache_only=1), which no status shows"
    if pool.restart_pending:
        return (
            f"pool {pool.pool} waits to restart its cache until running requests have left it: ask again in a minute, "
            "or reload PHP-FPM"
        )
    return ""


def freshness(pool: PoolOpcache, script: Script, now: float) -> Freshness:
    """Judge one script at the moment ``now`` (epoch seconds)."""
    if not script.exists:
        return Freshness(State.GONE, "its file is gone")
    return _preloaded(pool, script, now) if script.preloaded else _cached(pool, script, now)


def _cached(pool: PoolOpcache, script: Script, now: float) -> Freshness:
    if script.same or invalidated(pool, script):
        why = "its content is what an earlier run saw compiled" if script.same else "the next request compiles it again"
        return Freshness(State.FRESH, why)
    compared = pool.validates and script.timestamp != 0
    if compared and script.timestamp != script.mtime_ns // 1_000_000_000:
        return _revalidated(pool, script, now)
    if script.same is False:
        return Freshness(State.STALE, "its content is not what an earlier run saw compiled")
    if script.changed < compiled_after(pool, script):
        return Freshness(State.FRESH, "compiled after the file's last change")
    return _KEPT_TIME if compared else _by_times(pool, script, now)


def _preloaded(pool: PoolOpcache, script: Script, now: float) -> Freshness:
    """A script that PHP compiled before it had any worker, and whose classes no invalidation takes away."""
    if script.same or (script.same is None and script.changed < compiled_after(pool, script)):
        why = "its content is what an earlier run saw preloaded" if script.same else "preloaded after its last change"
        return Freshness(State.FRESH, why)
    if script.same is False:
        return Freshness(State.STALE, "its content is not what an earlier run saw preloaded")
    if compiled_by(script) < min(script.modified, script.ctime_ns / 1e9) and script.modified <= now + 1:
        return Freshness(State.STALE, "modified after it was preloaded, which happens only at a start or reload")
    return Freshness(State.UNKNOWN, "changed after PHP-FPM began to preload, at a moment that its times do not show")


_KEPT_TIME = Freshness(State.UNKNOWN, "changed later than the time that it carries, which is all that PHP compares")


_DROPPED_OR_KEPT = Freshness(
    State.UNKNOWN,
    "changed after it was compiled, and whether it was invalidated, so that PHP compiles it again, is not known",
)


def invalidated(pool: PoolOpcache, script: Script) -> bool | None:
    """Whether PHP has given the script up, so that the next request compiles its file; None: cannot be told.

    opcache_invalidate() does that, and so does a request that finds the file newer, which compiles it but keeps nothing
    of a file younger than opcache.file_update_protection. The recorded time is set to 0 then and the script's size is
    added to the wasted memory (ext/opcache/ZendAccelerator.c: zend_accel_discard_script). A recorded time of 0 alone
    also stands for a script that was preloaded or compiled with validate_timestamps=0, which PHP never compares. PHP
    itself tells them apart, unless disable_functions keeps it from that; since 8.3 so does the time of the next
    comparison, which a script that is never compared does not have. That PHP did not call it given up is no proof of
    the contrary: it may have compiled it again between the two questions.
    """
    if script.given_up:
        return True
    if script.timestamp or pool.memory_wasted < script.memory:
        return False
    return True if pool.validates and script.revalidate else None


def _by_times(pool: PoolOpcache, script: Script, now: float) -> Freshness:
    """A script that PHP never compares with its file, and whose file changed after the cache began."""
    if compiled_by(script) < min(script.modified, script.ctime_ns / 1e9) and script.modified <= now + 1:
        if invalidated(pool, script) is None:
            return _DROPPED_OR_KEPT
        return Freshness(State.STALE, "modified after it was compiled, and PHP never looks at the file again")
    if script.modified >= pool.since:
        return Freshness(State.UNKNOWN, "modified after the cache was started, compiled at a time that is not known")
    return Freshness(State.UNKNOWN, "changed after the cache was started, without a newer mtime")


def compiled_after(pool: PoolOpcache, script: Script) -> float:
    """A moment (epoch seconds) that the compilation cannot precede; 0 when there is none."""
    bound = max(pool.since, script.dropped)
    if pool.setting("opcache.file_cache"):
        bound = _from_file(script, bound)
    elif script.preloaded and pool.last_restart_time > pool.start_time:
        bound = float(pool.start_time)  # opcache_reset() does not preload again
    if script.timestamp and (protection := pool.number("opcache.file_update_protection")):
        bound = max(bound, script.timestamp + protection - _TICK)  # a younger file is not cached
    if not script.hits and not pool.setting("opcache.file_cache"):
        bound = max(bound, script.last_used - _TICK)  # only the request that compiled it has used it
    return bound


def _from_file(script: Script, bound: float) -> float:
    """The same where it may stem from a file that an earlier master wrote, right after it had compiled the script."""
    if script.preloaded or script.in_file < 0:
        return 0.0
    return script.in_file - _REQUEST if script.in_file else bound


def compiled_by(script: Script) -> float:
    """A moment (epoch seconds) that the compilation cannot follow; infinite for what was preloaded and never used."""
    used = script.last_used + _REQUEST if script.last_used else math.inf
    if script.in_file > 0 and not script.preloaded:
        used = min(used, script.in_file)
    return float(min(used, script.seen_by) if script.seen_by else used)


def served_until(pool: PoolOpcache, script: Script) -> int:
    """The last second in which PHP takes a script whose recorded time differs without looking at the file."""
    every = pool.number("opcache.revalidate_freq")
    if not every:
        return 0
    return script.revalidate or min(script.last_used, script.ctime_ns // 1_000_000_000) + every


def _revalidated(pool: PoolOpcache, script: Script, now: float) -> Freshness:
    until = served_until(pool, script)
    if until + 1 <= now:
        return Freshness(State.FRESH, "the next request compiles it again")
    return Freshness(State.PASSING, "changed, and PHP does not look at the file before the window is over", until)
