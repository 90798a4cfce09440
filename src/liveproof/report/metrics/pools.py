"""What a run saw of PHP-FPM's pools and their OPcache, as samples by the pool's id (``8.2/www``)."""

from collections.abc import Iterator, Mapping

from liveproof.model.facts.fpm import Fpm, Load, Master, Pool, PoolStatus, Socket
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.report.metrics import catalogue as metrics
from liveproof.report.metrics.catalogue import Sample

_MEGABYTE = 1 << 20


def opcaches(facts: Mapping[type, object]) -> dict[str, tuple[Sample, ...]] | None:
    """The OPcache of each pool that answered; None where the run did not look at OPcache at all."""
    fact = facts.get(Opcache)
    if Opcache not in facts:
        return None
    seen = fact.seen if isinstance(fact, Opcache) else ()
    return {pool.pool: tuple(_opcache(pool)) for pool in seen}


def fpm_pools(facts: Mapping[type, object], at: float) -> dict[str, tuple[Sample, ...]] | None:
    """Each pool of PHP-FPM, running or not; None where the run did not look at PHP-FPM. ``at`` is when it looked."""
    fact = facts.get(Fpm)
    if Fpm not in facts:
        return None
    found: dict[str, tuple[Sample, ...]] = {}
    for master in fact.masters if isinstance(fact, Fpm) else ():
        for pool in master.pools:
            if pool.id not in found:  # the running masters come first
                found[pool.id] = tuple(_pool(master, pool, at))
    return found


def _opcache(pool: PoolOpcache) -> Iterator[Sample]:
    of = (pool.pool,)
    yield metrics.OPCACHE_ENABLED, of, pool.enabled
    yield metrics.OPCACHE_SEEN, of, pool.now
    if not pool.start_time:  # it has no cache, or does not tell of it
        return
    for state, octets in (("used", pool.memory_used), ("free", pool.memory_free), ("wasted", pool.memory_wasted)):
        yield metrics.OPCACHE_MEMORY, (pool.pool, state), octets
    if limit := pool.number("opcache.memory_consumption"):
        # opcache_get_configuration tells bytes, ini_get megabytes; nobody can have a cache of less than 8 MB.
        yield metrics.OPCACHE_LIMIT, of, limit if limit >= _MEGABYTE else limit * _MEGABYTE
    yield metrics.OPCACHE_SCRIPTS, of, pool.cached_scripts
    yield metrics.OPCACHE_KEYS, of, pool.keys
    if pool.max_keys:
        yield metrics.OPCACHE_KEYS_LIMIT, of, pool.max_keys
    if min(pool.interned_used, pool.interned_free) >= 0:
        yield metrics.INTERNED, (pool.pool, "used"), pool.interned_used
        yield metrics.INTERNED, (pool.pool, "free"), pool.interned_free
    if limit := pool.number("opcache.interned_strings_buffer"):
        yield metrics.INTERNED_LIMIT, of, limit * _MEGABYTE
    yield metrics.INTERNED_COUNT, of, pool.interned_strings
    yield metrics.HITS, of, pool.hits
    yield metrics.MISSES, of, pool.misses
    if pool.lookups > 0 and min(pool.hits, pool.misses) >= 0:
        yield metrics.HIT_RATIO, of, pool.hits / pool.lookups
    reasons = (("oom", pool.oom_restarts), ("hash", pool.hash_restarts), ("manual", pool.manual_restarts))
    for reason, count in reasons:
        yield metrics.RESTARTS, (pool.pool, reason), count
    yield metrics.RESTART_PENDING, of, pool.restart_pending
    yield metrics.FULL, of, pool.cache_full
    yield metrics.OPCACHE_START, of, pool.start_time
    if pool.last_restart_time:
        yield metrics.OPCACHE_RESET, of, pool.last_restart_time


def _pool(master: Master, pool: Pool, at: float) -> Iterator[Sample]:
    of = (pool.id,)
    yield metrics.FPM_RUNNING, of, master.pid > 0
    yield metrics.FPM_SEEN, of, at
    yield metrics.FPM_WORKERS, of, len(pool.workers)
    if pool.max_children:
        yield metrics.FPM_LIMIT, of, pool.max_children
    socket = pool.socket if isinstance(pool.socket, Socket) else None
    status = pool.status if isinstance(pool.status, PoolStatus) else None
    # On Linux PHP-FPM knows the queue of a TCP socket only and says 0 for any other (php-src, fpm_sockets.c).
    tcp = not pool.address.startswith("unix:")
    if socket and socket.waiting >= 0:
        yield metrics.FPM_QUEUE, of, socket.waiting
    elif status and tcp:
        yield metrics.FPM_QUEUE, of, status.listen_queue
    if socket and socket.limit >= 0:
        yield metrics.FPM_QUEUE_LIMIT, of, socket.limit
    if isinstance(pool.load, Load):
        yield metrics.FPM_HELD, of, pool.load.held
    if not status:
        return
    yield metrics.FPM_PROCESSES, (pool.id, "active"), status.active
    yield metrics.FPM_PROCESSES, (pool.id, "idle"), status.idle
    yield metrics.FPM_REACHED, of, status.max_children_reached
    yield metrics.FPM_ACCEPTED, of, status.accepted
    if pool.slowlog_timeout > 0:  # else PHP-FPM does not count them
        yield metrics.FPM_SLOW, of, status.slow_requests
    if tcp:
        yield metrics.FPM_QUEUE_MAX, of, status.max_listen_queue
    if status.start:
        yield metrics.FPM_START, of, status.start
