"""What `liveproof status` tells of a host, as plain values made of facts. Pure.

Moments are epoch seconds, sizes bytes. ``why`` says why something was not seen, and is empty where it was.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.deployment import Deployment
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.facts.watching import Watching
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Absent, Unknown
from liveproof.model.secrets import one_line

FACTS = (Fpm, Opcache, Laravel, Workers, Deployment, Watching)
Facts = Mapping[type, object]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Deployed:
    """How the app is deployed.

    Attributes:
        tool: as Deployment has it; empty: a plain directory, or nothing tells.
        release: the name of the release directory that is served, empty where the path is no link.
        commit, branch: of the app's own git repository; empty where there is none (branch: HEAD is detached).
    """

    tool: str = ""
    release: str = ""
    commit: str = ""
    branch: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class PoolSeen:
    """A pool that serves the app: PHP's version, the master's pid and start (0: it does not run), its workers."""

    id: str
    php: str = ""
    master: int = 0
    since: float = 0.0
    workers: int = 0
    max_children: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class OpcacheSeen:
    """OPcache as one pool tells it, ``since`` its start or reset; ``hit_ratio`` is -1 before the first lookup."""

    pool: str
    enabled: bool = False
    used: int = 0
    total: int = 0
    hit_ratio: float = -1.0
    scripts: int = 0
    validate_timestamps: bool = False
    since: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class CacheSeen:
    """A cache of Laravel's; ``written`` is 0 where it is not there. Of the views it is their directory's change."""

    kind: str
    path: str
    written: float = 0.0


@dataclass(frozen=True, slots=True)
class LaravelSeen:
    """``environment`` is APP_ENV as it is in effect, empty where not known; ``down``: in maintenance mode since."""

    version: str = ""
    environment: str = ""
    debug: bool | None = None
    down: float = 0.0
    caches: tuple[CacheSeen, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class WorkersSeen:
    """Lasting PHP processes that run the same command in the same release.

    ``current``: whether that is the release which is served; None where it was not seen.
    """

    what: str
    count: int
    oldest: float
    release: str
    current: bool | None


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A kept run.

    ``verdict`` is that of this app after it, ``compared``: with the intended release. ``outcome`` and ``steps`` are
    those of a fix.
    """

    run: str
    at: float
    verdict: str = ""
    outcome: str = ""
    steps: int = 0
    compared: bool = True


@dataclass(frozen=True, slots=True)
class AppStatus:
    """One app. ``workers`` is empty with ``workers_why`` where they were not seen, without it where there are none."""

    path: str
    real: str
    user: str
    deployed: Deployed
    pools: tuple[PoolSeen, ...]
    opcache: tuple[OpcacheSeen, ...]
    laravel: LaravelSeen | None
    workers: tuple[WorkersSeen, ...] = ()
    workers_why: str = ""
    last_check: KeptRun | None = None
    last_fix: KeptRun | None = None


@dataclass(frozen=True, slots=True)
class WatcherSeen:
    """The watcher: its pid (0: none runs), its unit as systemd has it (``active/enabled``), when it looked last."""

    pid: int = 0
    unit: str = ""
    looked: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class HalfDone:
    """A fix that was cut off and not rolled back."""

    run: str
    app: str
    at: float
    steps: int


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The host. ``reason`` says why there is no app, or what discovery could not see; so does ``history_why``."""

    at: float
    host: str
    root: bool
    apps: tuple[AppStatus, ...]
    reason: str = ""
    watcher: WatcherSeen | None = None
    half_done: tuple[HalfDone, ...] = ()
    history_why: str = ""


def app_status(
    app: App,
    facts: Facts,
    git: tuple[str, str, str],
    views: float,
    runs: tuple[KeptRun | None, KeptRun | None] = (None, None),
) -> AppStatus:
    """What the facts of an app tell; ``git`` is its commit, branch and why not, ``views`` when they were compiled."""
    workers = facts.get(Workers)
    return AppStatus(
        app.path,
        app.real,
        app.user,
        _deployed(app, facts, git),
        tuple(_pools(app, facts)),
        tuple(_opcaches(app, facts)),
        _laravel(app, facts, views),
        tuple(_workers(app, workers.processes)) if isinstance(workers, Workers) else (),
        workers.reason if isinstance(workers, Unknown) else "",
        *runs,
    )


def watcher_seen(apps: Iterable[Facts]) -> WatcherSeen | None:
    """The watcher of the host, None where no app's facts tell."""
    for facts in apps:
        watching = facts.get(Watching)
        if isinstance(watching, Watching):
            unit = watching.unit
            told = ("", unit.reason) if isinstance(unit, Unknown) else (unit, "")
            return WatcherSeen(watching.process, told[0], watching.looked, told[1])
    return None


def _seen(facts: Facts, kind: type[_T]) -> tuple[_T | None, str]:
    """The fact, else why there is none."""
    value = facts.get(kind)
    if isinstance(value, kind):
        return value, ""
    return None, value.reason if isinstance(value, Unknown | Absent) else "it was not looked at"


def _deployed(app: App, facts: Facts, git: tuple[str, str, str]) -> Deployed:
    deployment, why = _seen(facts, Deployment)
    release = posixpath.basename(app.real) if app.path != app.real else ""
    tool = deployment.tool if deployment else ""
    return Deployed(tool, release, git[0], git[1], git[2] or why)


def _pools(app: App, facts: Facts) -> Iterator[PoolSeen]:
    fpm, why = _seen(facts, Fpm)
    php = {pool: cache.php for pool, cache in _caches(facts) if isinstance(cache, PoolOpcache)}
    for name in app.pools:
        found = fpm.pool(name) if fpm else None
        if found is None:
            yield PoolSeen(name, why=why or "it was not found again")
            continue
        master, pool = found
        version = php.get(name, "") or master.version
        yield PoolSeen(name, version, master.pid, master.start, len(pool.workers), pool.max_children)


def _caches(facts: Facts) -> tuple[tuple[str, PoolOpcache | Unknown], ...]:
    opcache = facts.get(Opcache)
    return opcache.pools if isinstance(opcache, Opcache) else ()


def _opcaches(app: App, facts: Facts) -> Iterator[OpcacheSeen]:
    opcache, why = _seen(facts, Opcache)
    if opcache is None:
        yield from (OpcacheSeen(pool, why=why) for pool in app.pools)
        return
    for name, cache in opcache.pools:
        if isinstance(cache, Unknown):
            yield OpcacheSeen(name, why=cache.reason)
            continue
        yield OpcacheSeen(
            name,
            cache.loaded and cache.enabled,
            cache.memory_used,
            cache.memory_used + cache.memory_free + cache.memory_wasted,
            cache.hits / cache.lookups if cache.lookups else -1.0,
            cache.cached_scripts,
            cache.validates,
            float(cache.epoch),
        )


def _laravel(app: App, facts: Facts, views: float) -> LaravelSeen | None:
    if not app.laravel:
        return None
    laravel, why = _seen(facts, Laravel)
    if laravel is None:
        return LaravelSeen(why=why)
    caches = [CacheSeen(cache.kind, cache.path, cache.mtime_ns / 1e9 * cache.exists) for cache in laravel.caches]
    if laravel.compiled:
        caches.append(CacheSeen("views", laravel.compiled, views))
    debug = None if isinstance(laravel.debug, Unknown) else laravel.debug
    down = 0.0 if isinstance(laravel.down, Unknown) else laravel.down
    return LaravelSeen(laravel.version, one_line(laravel.environment, 40), debug, down, tuple(caches))


def _workers(app: App, processes: Iterable[PhpProcess]) -> Iterator[WorkersSeen]:
    groups: dict[tuple[str, str, bool | None], list[float]] = {}
    for process in processes:
        where = process.gone or process.release
        current = process.release == app.real and not process.gone if where else None
        key = one_line(process.told), posixpath.basename(where), current
        groups.setdefault(key, []).append(process.start)
    for (what, release, current), starts in sorted(groups.items(), key=lambda item: min(item[1])):
        yield WorkersSeen(what, len(starts), min(starts), release, current)
