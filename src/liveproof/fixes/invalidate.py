"""The step that makes PHP compile named scripts again without a reload, or why it cannot be had here."""

from collections.abc import Iterable

from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.plan import Step
from liveproof.model.verdicts import Safety
from liveproof.steps.invalidate_scripts import MOST_SCRIPTS, InvalidateScripts

_UNDO = "nothing to undo: the same scripts are compiled again from the files as they are then"
_SECOND = 1
_ROOM = 1 << 20  # bytes that must be left when the scripts stand in the memory a second time, twice their size


def invalidation(fpm: Fpm, opcache: Opcache, pool: PoolOpcache, scripts: Iterable[Script], why: str) -> Step | str:
    """The step for these scripts of a pool; else, as a sentence without its full stop, why a reload is needed.

    opcache_invalidate() leaves what a script was compiled to in the memory and marks it; the next request compiles the
    file and stores it beside. So it needs room; it cannot reach what is preloaded, kept in files or stored under the
    name of a link; and it switches several files one after the other, so nobody may be served meanwhile.
    """
    wanted = tuple(scripts)
    found = fpm.pool(pool.pool)
    if found is None or not found[0].pid:
        return f"no running PHP-FPM master is known for pool {pool.pool}"
    master, one = found
    reason = _link(opcache, pool) or _settings(pool) or _scripts(wanted) or _room(pool, wanted)
    if not reason and any(each.chroot for each in master.pools):
        reason = f"a pool of PHP-FPM {master.version} is chrooted, where scripts have other paths"
    if reason:
        return reason
    act = InvalidateScripts(
        pool.pool,
        one.address,
        _pools(master),
        master.pid,
        master.start,
        (pool.start_time, pool.last_restart_time),
        tuple(sorted({script.path for script in wanted})),
    )
    return Step(act, why, _UNDO, Safety.SAFE)


def _pools(master: Master) -> tuple[tuple[str, str], ...]:
    """Where requests reach the master's cache: all of its pools share it."""
    return tuple((pool.name, pool.address) for pool in master.pools)


def _link(opcache: Opcache, pool: PoolOpcache) -> str:
    """A link that moved since the cache began may have left scripts of another release under its name."""
    if opcache.link_moved and opcache.link_moved + _SECOND >= pool.since:
        return "the link that serves the app was changed since the cache was started, and PHP may keep its old target"
    return ""


def _scripts(scripts: tuple[Script, ...]) -> str:
    if not scripts:
        return "no script is named"
    if len(scripts) > MOST_SCRIPTS:
        return f"{len(scripts)} scripts are too many to be compiled again without a reload (at most {MOST_SCRIPTS})"
    gone = next((script.path for script in scripts if not script.exists), "")
    return f"{gone} is gone, so PHP cannot compile it again" if gone else ""


def _settings(pool: PoolOpcache) -> str:
    if not pool.enabled:
        return f"OPcache is off in pool {pool.pool}"
    for name, why in (
        ("opcache.preload", "what is preloaded only a reload compiles again"),
        ("opcache.file_cache", "bytecode is kept in files too"),
        ("opcache.restrict_api", "PHP does not let liveproof's script drop anything"),
    ):
        if pool.setting(name):
            return f"{name} is set in pool {pool.pool}: {why}"
    if pool.setting("opcache.file_cache_only") == "1":
        return f"pool {pool.pool} keeps bytecode in files only (opcache.file_cache_only=1)"
    if pool.restart_pending:
        return f"the cache of pool {pool.pool} is about to restart"
    return ""


def _room(pool: PoolOpcache, scripts: tuple[Script, ...]) -> str:
    needed = 2 * sum(script.memory for script in scripts) + _ROOM
    if pool.cache_full or (pool.max_keys and pool.keys >= pool.max_keys):
        return f"the cache of pool {pool.pool} is full: PHP would not keep the scripts, and may restart the cache"
    if pool.memory_free < needed:
        return (
            f"the cache of pool {pool.pool} has {pool.memory_free / 1e6:.1f} MB free, too little to hold these scripts "
            "a second time"
        )
    return ""
