"""OPcache of every pool that serves the app: one request to each, its scripts beside their files.

``asking`` has the request and its answer, ``beside`` the files, ``earlier`` what earlier runs had proven, ``sources``
the configuration that a fix would edit.
"""

import math

from liveproof.analysis.memory.freshness import State, freshness
from liveproof.analysis.memory.pool_load import waits
from liveproof.host.errors import CannotSee
from liveproof.host.php.probe import installed
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Unknown
from liveproof.probes.opcache.app_scripts import AppScripts
from liveproof.probes.opcache.asking import ask
from liveproof.probes.opcache.file_times import link_moved
from liveproof.probes.opcache.pool import pool_opcache
from liveproof.probes.opcache.sources import sources
from liveproof.store.cache import Cache

_PATIENCE = 3.5  # s; revalidate_freq is 2 unless somebody set it, and PHP counts whole seconds


def probe(reader: Reader, cache: Cache, app: App, fpm: Fpm, nginx: Nginx | Unknown) -> Opcache:
    """The caches of the app's pools; one that cannot be asked is Unknown with its reason.

    A window of revalidation that is about to close is waited for, so that what holds afterwards is reported.
    """
    serving = fpm.serving(app.pools)
    if not serving:
        raise CannotSee(f"no PHP-FPM pool is known to serve {app.path}: which bytecode runs cannot be asked")
    script = installed()
    moved = link_moved(reader, app.root or app.path)
    around = AppScripts(reader, app, nginx, script)
    pools: list[tuple[str, PoolOpcache | Unknown]] = []
    for master, pool in serving:
        if busy := waits(pool):
            pools.append((pool.id, Unknown(f"which bytecode runs was not asked: {busy}")))
            continue
        try:
            answer = ask(reader, script, app, master, pool, beside=around.directory)
            seen = pool_opcache(reader, cache, answer, app, pool, master=master, around=around, moved=moved)
            pools.append((pool.id, seen))
        except CannotSee as error:
            pools.append((pool.id, Unknown(f"pool {pool.id}: {error}")))
    now = _settled(reader, pools)
    return Opcache(tuple(pools), moved, now, sources(reader, app, fpm, nginx))


def _settled(reader: Reader, pools: list[tuple[str, PoolOpcache | Unknown]]) -> float:
    """The moment the facts hold for: now, or shortly after, when PHP is about to look at changed files again."""
    now = reader.now()
    ends = [
        judged.until + 1
        for _, pool in pools
        if isinstance(pool, PoolOpcache)
        for script in pool.scripts
        if (judged := freshness(pool, script, now)).state is State.PASSING
    ]
    wait = max((end - now for end in ends if end - now <= _PATIENCE), default=0.0)
    if wait <= 0:
        return now
    reader.pause(math.ceil(wait * 100) / 100)
    return reader.now()
