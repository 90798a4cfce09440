"""The reload that ends a plan: what changes on disk must also change in memory, or it is not live. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from liveproof.fixes.compile_again import compile_again
from liveproof.fixes.reload import graceful_reload, moves_socket, reload_of
from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.findings import Unknown
from liveproof.model.plan import Act, Step
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.steps.service_action import ServiceAction

_WHY = "what PHP-FPM keeps in memory must be compiled from the files as they are now"


def closing_reloads(app: AppExamination, steps: Iterable[Step]) -> Iterator[Step]:
    """A graceful reload of each running master whose pools may keep a file that the steps change.

    Even an owner's change renews a file's ctime, and a cache that is older than that can no longer be proven to hold
    the file as it is now. What changes only in storage, and no pool has compiled, needs none. Where a reload would cut
    off requests, only the scripts whose files change are compiled again.
    """
    fpm, opcache = app.facts.get(Fpm), app.facts.get(Opcache)
    if isinstance(fpm, Fpm):
        steps = tuple(steps)
        changed = {path for step in steps for path in step.act.changed_paths()}
        caches = _caches(app)
        pools = [pool for pool in app.app.pools if _keeps(caches.get(pool, _UNSEEN), changed, app.app)]
        seen = opcache if isinstance(opcache, Opcache) else Opcache((), 0.0, 0.0)
        planned = {path for step in steps if isinstance(step.act, InvalidateScripts) for path in step.act.scripts}
        yield from compile_again(fpm, seen, pools, _WHY, lambda cache: _affected(cache, changed, planned))


def _affected(cache: PoolOpcache, changed: set[str], planned: set[str]) -> Iterator[Script]:
    """The cached scripts whose files are changed or stand below what is, with those that are compiled again anyway."""
    for script in cache.scripts:
        below = script.path in changed or _parents(script.path) & changed
        if script.path in planned or (script.exists and below):
            yield script


def as_reload(app: AppExamination, step: Step) -> Step:
    """The reload that does what a step does which compiles scripts again without one; every other step as it is."""
    fpm = app.facts.get(Fpm)
    if not isinstance(step.act, InvalidateScripts) or not isinstance(fpm, Fpm):
        return step
    pid = step.act.pid
    master = next((master for master in fpm.masters if master.pid == pid), None)
    return replace(graceful_reload(master, step.why), fixes=step.fixes) if master else step


def without_superseded(app: AppExamination, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps without those that compile scripts again of a master that is reloaded as well."""
    fpm = app.facts.get(Fpm)
    if not isinstance(fpm, Fpm):
        return steps
    reloads = {master.pid: reload_of(master) for master in fpm.masters if master.pid}
    result = list(steps)
    for step in steps:
        if not isinstance(step.act, InvalidateScripts):
            continue
        reload = reloads.get(step.act.pid)
        stronger = next((one for one in result if reload and _ends(one.act, reload)), None)
        if stronger:
            result.remove(step)
            result[result.index(stronger)] = replace(stronger, fixes=tuple(sorted({*stronger.fixes, *step.fixes})))
    return tuple(result)


def _ends(act: Act, reload: ServiceAction) -> bool:
    return isinstance(act, ServiceAction) and act.empties_memory and act.same_service(reload)


def lives_by_reloads(app: AppExamination) -> bool:
    """Whether a pool of the app would go on with what it has compiled, whatever is written to the disk."""
    caches = _caches(app)
    known = [caches.get(pool, _UNSEEN) for pool in app.app.pools]
    return any(isinstance(cache, Unknown) or (cache.enabled and not cache.validates) for cache in known)


def moved_by(app: AppExamination, step: Step) -> str:
    """Why this step must wait: it would make PHP-FPM listen where nginx does not pass to; empty where it would not."""
    fpm = app.facts.get(Fpm)
    if not isinstance(fpm, Fpm):
        return ""
    return next((why for master in fpm.masters if (why := moves_socket(master, step.act))), "")


def _caches(app: AppExamination) -> dict[str, PoolOpcache | Unknown]:
    opcache = app.facts.get(Opcache)
    return dict(opcache.pools) if isinstance(opcache, Opcache) else {}


_UNSEEN = Unknown("the pool's OPcache was not looked at")


def _keeps(cache: PoolOpcache | Unknown, changed: set[str], app: App) -> bool:
    if isinstance(cache, PoolOpcache) and not cache.enabled:
        return False
    storage = f"{app.real}/storage"
    if any(_code(path, app) and path != storage and not path.startswith(f"{storage}/") for path in changed):
        return True
    if isinstance(cache, Unknown):
        return False
    return any(script.path in changed or _parents(script.path) & changed for script in cache.scripts)


def _code(path: str, app: App) -> bool:
    """Whether a path is the app's, the link that it is served by, or a directory above it."""
    return path in (app.real, app.path) or path.startswith(f"{app.real}/") or app.real.startswith(f"{path}/")


def _parents(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[:count]) for count in range(2, len(parts))}
