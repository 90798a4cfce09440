"""The reload that ends a plan: what changes on disk must also change in memory, or it is not live. Pure."""

from collections.abc import Iterable, Iterator

from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Unknown
from liveproof.model.plans import (
    ChangeMode,
    ChangeOwner,
    PointSymlink,
    ReloadUnit,
    RemoveFile,
    RunArtisan,
    SignalMaster,
    Step,
)

_WHY = "what PHP-FPM keeps in memory must be compiled from the files as they are now"
_UNDO = "another graceful reload, after the files are back"


def closing_reloads(app: AppExamination, steps: Iterable[Step]) -> Iterator[Step]:
    """A graceful reload of each running master whose pools may keep a file that the steps change.

    Even an owner's change renews a file's ctime, and a cache that is older than that can no longer be proven to hold
    the file as it is now. What changes only in storage, and no pool has compiled, needs none.
    """
    fpm, opcache = app.facts.get(Fpm), app.facts.get(Opcache)
    if not isinstance(fpm, Fpm):
        return
    changed = set(_changed(steps))
    caches = dict(opcache.pools) if isinstance(opcache, Opcache) else {}
    told: set[str] = set()
    for master, pool in fpm.serving(app.app.pools):
        cache = caches.get(pool.id, Unknown("not asked"))
        if master.pid and master.version not in told and _keeps(cache, changed, app.app):
            told.add(master.version)
            yield Step(_reload(master), _WHY, _UNDO)


def _reload(master: Master) -> ReloadUnit | SignalMaster:
    if isinstance(master.unit, Unknown) or not master.unit.name:
        return SignalMaster(master.pid, master.start, master.test)
    return ReloadUnit(master.unit.name, master.test)


def _changed(steps: Iterable[Step]) -> Iterator[str]:
    """The absolute path of everything that gets a new content, a new ctime, or goes."""
    for step in steps:
        act = step.act
        if isinstance(act, ChangeOwner | ChangeMode):
            for entry in act.entries:
                yield act.root if entry.path == "." else f"{act.root}/{entry.path}"
        elif isinstance(act, RemoveFile):
            yield f"{act.root}/{act.path}"
        elif isinstance(act, RunArtisan):
            for path in act.writes:
                yield f"{act.app}/{path}"
        elif isinstance(act, PointSymlink):
            yield act.path


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
