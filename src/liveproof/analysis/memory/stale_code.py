"""What of a deploy a pool keeps from taking effect: changed files it never looks at, releases it still serves. Pure."""

from collections.abc import Iterator

from liveproof.analysis.memory.freshness import State, blind, freshness
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import FastcgiPass, Nginx
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.findings import Absent, Evidence, Holds, Unknown

_Nginx = Nginx | Unknown | Absent
_SECOND = 1
REALPATH_TTL = 120  # PHP's own default (php.net: realpath_cache_ttl)


def changed_scripts(opcache: Opcache, pool: PoolOpcache) -> tuple[Script, ...]:
    """Cached scripts whose files changed since they were compiled, in a pool that never looks at a file again.

    Left out is what was preloaded, which PHP never looks at again whatever it does with other files, and what cannot be
    told to have been compiled before the change: the rule that judges each script tells it, with the reload that
    settles it.
    """
    if pool.validates or not pool.enabled or blind(pool):
        return ()
    return tuple(
        script
        for script in pool.scripts
        if not script.preloaded and freshness(pool, script, opcache.now).state is State.STALE
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A release that a pool still serves after the link was pointed elsewhere."""

    release: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Behind:
    """A pool that never looks at a file again, with what was deployed since its cache began."""

    pool: PoolOpcache
    changed: tuple[Script, ...]
    held: tuple[Held, ...]


def behind(app: App, opcache: Opcache, nginx: _Nginx) -> Iterator[Behind]:
    """The pools that only a reload lets take up what was deployed."""
    for pool in opcache.seen:
        if pool.enabled and not pool.validates:
            changed, held = changed_scripts(opcache, pool), held_releases(app, opcache, pool, nginx)
            if changed or held:
                yield Behind(pool, changed, held)


def not_behind(app: App, opcache: Opcache, nginx: _Nginx) -> Iterator[Holds]:
    """The pools that keep nothing of before the deploy, as far as each script can be judged."""
    late = {one.pool.pool for one in behind(app, opcache, nginx)}
    for pool in opcache.seen:
        if pool.pool not in late and not blind(pool):
            looks = "looks at its files" if pool.validates else "keeps no older code"
            yield Holds(f"pool {pool.pool} {looks if pool.enabled else 'keeps no bytecode'}")


def held_releases(app: App, opcache: Opcache, pool: PoolOpcache, nginx: _Nginx) -> tuple[Held, ...]:
    """Releases besides the one that the app's link names, and that requests through this link still reach.

    Only where nginx hands PHP the unresolved link. PHP may then keep what it resolved to for as long as the realpath
    cache holds it, and with validate_timestamps=0 for ever: OPcache's own key for the unresolved path is never checked.
    """
    if not isinstance(nginx, Nginx) or not opcache.link_moved or not unresolved(app, nginx):
        return ()
    return (*_used(app, opcache, pool, nginx), *pinned(app, pool))


def unresolved(app: App, nginx: Nginx) -> tuple[FastcgiPass, ...]:
    """The places where nginx hands PHP a path of this app whose links it has not resolved."""
    return () if app.path == app.real else as_written(app, nginx)


def as_written(app: App, nginx: Nginx) -> tuple[FastcgiPass, ...]:
    """The places where nginx hands PHP a path of this app as it is written, whether or not links lie on it."""
    return tuple(
        taken
        for server in nginx.servers
        if server.id in app.servers
        for taken in server.passes
        if _names_link(taken.script_filename, app)
    )


def _names_link(script: str, app: App) -> bool:
    """Whether SCRIPT_FILENAME, as written, begins with the root as it is configured, or with the app's own link."""
    return script.startswith(("$document_root", "${document_root}", f"{app.path}/"))


def _used(app: App, opcache: Opcache, pool: PoolOpcache, nginx: Nginx) -> tuple[Held, ...]:
    current = max((entry.last_used for entry in pool.entries if _below(entry.path, app.real)), default=0)
    pins_end = opcache.link_moved + (pool.number("realpath_cache_ttl") or REALPATH_TTL)
    found = []
    for entry in pool.entries:
        release = _release(entry.path, app)
        if not release or _below(entry.path, app.real) or _served_otherwise(release, app, nginx):
            continue
        if entry.last_used <= opcache.link_moved + _SECOND:
            continue
        if entry.last_used >= current or opcache.now <= pins_end:
            late = entry.last_used - opcache.link_moved
            evidence = Evidence(
                f"OPcache of pool {pool.pool}: {entry.path}",
                f"used {late:.0f} s after {app.path} was pointed at {app.real}",
                f"only {app.real} in use",
            )
            found.append(Held(release, evidence))
    return tuple(found)


def pinned(app: App, pool: PoolOpcache) -> tuple[Held, ...]:
    """What the answering worker's realpath cache still resolves the link to."""
    found: dict[str, Held] = {}
    for key, real in pool.realpath:
        below = key.removeprefix(app.path)
        if not _below(key, app.path) or not real.endswith(below) or real == app.real + below:
            continue
        release = real.removesuffix(below) if below else real
        if release.rpartition("/")[0] == app.real.rpartition("/")[0]:
            evidence = Evidence(f"realpath cache of worker {pool.pid}: {key}", real, app.real + below)
            found.setdefault(release, Held(release, evidence))
    return tuple(found.values())


def _release(entry: str, app: App) -> str:
    """The release beside the current one that a front controller belongs to; empty when it belongs to none."""
    parent = app.real.rpartition("/")[0]
    name = entry.removeprefix(f"{parent}/").partition("/")[0]
    release = f"{parent}/{name}"
    return release if entry == f"{release}{app.root.removeprefix(app.path)}/index.php" else ""


def _served_otherwise(release: str, app: App, nginx: Nginx) -> bool:
    """Whether nginx serves that release under its own path as well (a preview, the other colour)."""
    return any(
        _below(root, release)
        for server in nginx.servers
        for root in (server.root, *(taken.root for taken in server.passes))
        if not _below(root, app.path)
    )


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
