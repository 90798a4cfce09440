"""A pool's answer as a fact, each script beside its file."""

import math
from collections.abc import Mapping
from typing import Any

from liveproof.host.php.probe_request import path_told
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Master, Pool
from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.probes.opcache.app_scripts import AppScripts
from liveproof.probes.opcache.asking import Answer
from liveproof.probes.opcache.file_cache import FileCache
from liveproof.probes.opcache.file_times import FileTimes
from liveproof.probes.opcache.past_runs import PastRuns
from liveproof.probes.opcache.user_ini import user_ini
from liveproof.store.cache import Cache
from liveproof.store.invalidated import MemoryOf, moments

_TICK = 0.01  # s; a reset is reported by a request's clock, which the clock of file times lags behind by up to this


def pool_opcache(
    reader: Reader,
    cache: Cache,
    answer: Answer,
    app: App,
    pool: Pool,
    *,
    master: Master,
    around: AppScripts,
    moved: float = 0.0,
) -> PoolOpcache:
    """The fact of one pool, with what earlier runs knew of its scripts; keeps what this run proves.

    ``moved`` is the newest change of a link on the app's path (epoch seconds).
    """
    result = answer.told
    settings = {name: path_told(value) for name, value in result["settings"].items()}
    read = user_ini(reader, cache, app, settings.get("user_ini.filename", ""), moved)
    settings.update(read.settings)
    status: dict[str, Any] = result.get("status") or {}
    counts, memory_usage = status.get("opcache_statistics", {}), status.get("memory_usage", {})
    jit, interned = status.get("jit", {}), status.get("interned_strings_usage") or {}
    now = int(result["time"])
    start, restart = int(counts.get("start_time", 0)), int(counts.get("last_restart_time", 0))
    wasted = int(memory_usage.get("wasted_memory", 0))
    earlier = PastRuns(reader, cache, app, pool.id, signature=f"{result['php']} {start} {restart}", wasted=wasted)
    beside = FileTimes(reader)
    dropped = moments(cache, MemoryOf(master.pid, master.start, start, restart))
    forked = _first_worker(reader, master, start)
    kept = FileCache(reader, settings.get("opcache.file_cache", ""), pool.uid, max(start, restart), master.binary)
    scripts = tuple(_script(record, beside, earlier, dropped, forked=forked, kept=kept) for record in result["scripts"])
    found = PoolOpcache(
        pool=pool.id,
        pid=int(result["pid"]),
        loaded=bool(result["loaded"]),
        enabled=bool(status.get("opcache_enabled")) and settings.get("opcache.enable") == "1",
        settings=tuple(settings.items()),
        start_time=start,
        last_restart_time=restart,
        since=_since(reader, int(result["pid"]), scripts, start) if start >= restart else restart - _TICK,
        now=now,
        hits=int(counts.get("hits", 0)),
        misses=int(counts.get("misses", 0)),
        keys=int(counts.get("num_cached_keys", 0)),
        max_keys=int(counts.get("max_cached_keys", 0)),
        cached_scripts=int(counts.get("num_cached_scripts", 0)),
        oom_restarts=int(counts.get("oom_restarts", 0)),
        hash_restarts=int(counts.get("hash_restarts", 0)),
        manual_restarts=int(counts.get("manual_restarts", 0)),
        restart_pending=bool(status.get("restart_pending")),
        memory_used=int(memory_usage.get("used_memory", 0)),
        memory_free=int(memory_usage.get("free_memory", 0)),
        memory_wasted=wasted,
        jit_enabled=bool(jit.get("enabled")),
        jit_on=bool(jit.get("on")),
        jit_buffer=int(jit.get("buffer_size", 0)),
        cache_full=bool(status.get("cache_full")),
        realpath=tuple((path_told(key), path_told(real)) for key, real, expires in result["realpath"] if expires > now),
        extensions=tuple(dict.fromkeys(map(path_told, result["extensions"]))),
        php=str(result["php"]),
        scripts=tuple(script for script in scripts if around.holds(script.path)),
        entries=_entries(scripts, app),
        incomplete=result["problem"] == "too_many",
        interned_used=int(interned.get("used_memory", -1)),
        interned_free=int(interned.get("free_memory", -1)),
        interned_strings=int(interned.get("number_of_strings", -1)),
        user_ini_changed=read.changed,
        preloaded=tuple(script for script in scripts if script.preloaded),
        preload_real=_preload_real(reader, settings.get("opcache.preload", "")),
    )
    if found.scripts:
        earlier.keep(found)
    return found


def _first_worker(reader: Reader, master: Master, start: int) -> int:
    """The second by which the oldest worker was forked, and so PHP had preloaded; 0 where none is seen.

    A reload ends the workers before it begins a cache, so none is older than its cache.
    """
    starts = [worker.start for pool in master.pools for worker in pool.workers if worker.start >= start - 1]
    return math.ceil(reader.exact_start(min(starts))) if starts else 0


def _preload_real(reader: Reader, path: str) -> str:
    if not path.startswith("/"):
        return ""
    try:
        return reader.resolve(path) if reader.stat(path) is not None else ""
    except OSError:
        return ""


def _script(
    record: list[Any],
    beside: FileTimes,
    earlier: PastRuns,
    dropped: Mapping[str, float],
    *,
    forked: int,
    kept: FileCache,
) -> Script:
    path = path_told(record[0])
    status = beside.file(path)
    mtime_ns, ctime_ns = (status.mtime_ns, status.ctime_ns) if status else (0, 0)
    seen_by, same = earlier.of(path, record[3], record[1], mtime_ns, ctime_ns)
    preloaded = bool(record[7])
    if preloaded and forked:
        seen_by = min(seen_by, forked) if seen_by else forked
    return Script(
        path=path,
        hits=record[1],
        memory=record[2],
        timestamp=record[3],
        last_used=record[4],
        revalidate=record[5],
        exists=status is not None,
        mtime_ns=mtime_ns,
        ctime_ns=ctime_ns,
        placed_ns=beside.placed_ns(path) if status else 0,
        seen_by=seen_by,
        same=same,
        given_up=bool(record[6]),
        dropped=dropped.get(path, 0.0),
        preloaded=preloaded,
        in_file=kept.written(path, record[4]),
    )


def _entries(scripts: tuple[Script, ...], app: App) -> tuple[Script, ...]:
    entry = f"{app.root.removeprefix(app.path)}/index.php"
    return tuple(script for script in scripts if script.path.endswith(entry))


def _since(reader: Reader, pid: int, scripts: tuple[Script, ...], start: int) -> float:
    """When the cache began, to the fraction of a second, if it matters to any script.

    PHP tells whole seconds. The file that it locks the cache with is made just before the cache is, and held open by
    every worker: ``memfd:opcache_lock``, or a deleted ``.ZendSem.…`` before PHP 8.4 (php-src, zend_shared_alloc.c).
    """
    if not any(start - 1 <= script.changed < start + 2 for script in scripts):
        return float(start)
    try:
        for number in reader.list(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{number}"
            target = reader.readlink(path)
            if target.endswith(" (deleted)") and ("/memfd:opcache_lock" in target or "/.ZendSem." in target):
                lock = reader.stat(path)
                made = lock.mtime_ns / 1e9 if lock else 0.0
                return made if start <= made < start + 1 else float(start)
    except OSError:
        return float(start)
    return float(start)
