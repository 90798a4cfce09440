"""Steps that derive Laravel's caches again, as the app's user, with everything that they may change."""

from collections.abc import Iterable, Iterator

from liveproof.analysis.laravel.places import CACHE
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.findings import Absent, Unknown
from liveproof.model.plan import Step
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan

_UNDO = "the files as they were come back from the journal, with their owners, modes and times"
_SECRET = ("config", "routes")
# What a command makes, and without what else it starts. Both manifests are made by one command and put in place
# together: a visitor who met the one without the other would have Laravel write services.php in between.
_FRESH = {
    "package:discover": (("packages", "services"), ("config",)),
    "config:cache": (("config",), ("packages", "services")),
    "event:cache": (("events",), ()),
}
_VARIABLES = {
    "config": "APP_CONFIG_CACHE",
    "events": "APP_EVENTS_CACHE",
    "packages": "APP_PACKAGES_CACHE",
    "services": "APP_SERVICES_CACHE",
}
_MANIFESTS = ("config", "routes", "events", "packages", "services")


def can_rebuild(laravel: Laravel, cache: CacheFile) -> bool:
    """Whether artisan can be run for it, and whether what it writes there is what the pool reads.

    Without a ``.env`` that artisan can read it would derive caches that outlive the file's repair. Elsewhere than in
    its usual directory the pool's environment may have put the cache, which artisan does not share.
    """
    return bool(laravel.php) and cache.path.startswith(f"{CACHE}/") and not (laravel.dotenv and cache.kind in _SECRET)


def without_dotenv(laravel: Laravel) -> str:
    """Why no cache is rebuilt, as the beginning of an advice; empty where ``.env`` can be read."""
    if not laravel.dotenv:
        return ""
    return f"Put .env right first ({laravel.dotenv}): without it artisan would cache empty values. "


def artisan(app: App, laravel: Laravel, command: str, why: str, *also: str) -> Step:
    """Run ``config:cache``, ``event:cache``, ``route:cache``, ``package:discover`` or ``view:cache``.

    Booting the app for any of them may write the two manifests as well (Illuminate's PackageManifest and
    ProviderRepository), through a temporary file beside them: so the directories are named, not the files. ``also`` are
    further directories that it writes.
    """
    collected = {cache.path.rpartition("/")[0] for cache in laravel.caches if cache.kind in _MANIFESTS}
    writes = tuple(sorted(path for path in {*collected, *also} if path and not path.startswith("/")))
    fresh = tuple(_fresh(laravel, command))
    act = RunArtisan(app.path, app.user, laravel.php, (command,), writes, _umask(app, laravel), fresh)
    return Step(act, why, _UNDO)


def _fresh(laravel: Laravel, command: str) -> Iterator[tuple[str, str]]:
    """The caches that a command must not start from, those that it is run for with their paths.

    route:cache starts from the configuration cache as visitors do: without it env() in routes/ gives other values.
    """
    made, without = _FRESH.get(command, ((), ()))
    caches = [(kind, laravel.cache(kind)) for kind in made]
    if caches and all(cache and cache.path.startswith(f"{CACHE}/") for _, cache in caches):
        yield from ((_VARIABLES[kind], cache.path) for kind, cache in caches if cache)
        yield from ((_VARIABLES[kind], "") for kind in without)


def _umask(app: App, laravel: Laravel) -> int:
    """What makes new files no more open than the caches that the app's user has there, which may hold secrets."""
    own = [cache.mode for cache in laravel.caches if cache.kind in _SECRET and cache.exists and cache.uid == app.uid]
    mask = 0
    for mode in own or [0o644]:
        for reads, writes in ((0o040, 0o020), (0o004, 0o002)):
            mask |= 0 if mode & writes else writes
            mask |= 0 if mode & reads else reads | writes | reads >> 2
    return mask


def remove(app: App, files: Files | Unknown | Absent, paths: Iterable[str], why: str) -> Iterator[Step]:
    """Take away derived files (below the app); a path that leads over a link is named where it really is."""
    for path in paths:
        if not path.startswith("/"):
            root, below = files.place(path) if isinstance(files, Files) else (app.path, path)
            yield Step(RemoveFile(root, below), why, _UNDO)
