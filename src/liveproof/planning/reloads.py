"""The reload that ends a plan: what changes on disk must also change in memory, or it is not live. Pure."""

from collections.abc import Iterable, Iterator

from liveproof.fixes.reload import graceful_reloads, moves_socket
from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Unknown
from liveproof.model.plan import Step

_WHY = "what PHP-FPM keeps in memory must be compiled from the files as they are now"


def closing_reloads(app: AppExamination, steps: Iterable[Step]) -> Iterator[Step]:
    """A graceful reload of each running master whose pools may keep a file that the steps change.

    Even an owner's change renews a file's ctime, and a cache that is older than that can no longer be proven to hold
    the file as it is now. What changes only in storage, and no pool has compiled, needs none.
    """
    fpm = app.facts.get(Fpm)
    if isinstance(fpm, Fpm):
        changed = {path for step in steps for path in step.act.changed_paths()}
        caches = _caches(app)
        pools = [pool for pool in app.app.pools if _keeps(caches.get(pool, _UNSEEN), changed, app.app)]
        yield from graceful_reloads(fpm, pools, _WHY)


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
