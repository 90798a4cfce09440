"""Steps that derive Laravel's caches anew, as the app's user, with everything that they may change."""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.plans import RemoveFile, RunArtisan, Step

_UNDO = "the files as they were come back from the journal, with their owners, modes and times"
_MANIFESTS = ("config", "routes", "packages", "services")


def can_rebuild(laravel: Laravel, cache: CacheFile) -> bool:
    """Whether artisan can be run for it, and whether all that it writes lies below the app."""
    return bool(laravel.php) and not cache.path.startswith("/")


def artisan(app: App, laravel: Laravel, command: str, why: str) -> Step:
    """Run ``config:cache``, ``route:cache`` or ``package:discover``.

    Booting the app for any of them may write the two manifests as well (Illuminate's PackageManifest and
    ProviderRepository), through a temporary file beside them: so the directories are named, not the files.
    """
    kept = {cache.path.rpartition("/")[0] for cache in laravel.caches if cache.kind in _MANIFESTS}
    writes = tuple(sorted(path for path in kept if path and not path.startswith("/")))
    return Step(RunArtisan(app.path, app.user, laravel.php, (command,), writes), why, _UNDO)


def artisan_views(app: App, laravel: Laravel, command: str, why: str) -> Step:
    """Run ``view:clear`` or ``view:cache``; booting the app may write the two manifests as well."""
    step = artisan(app, laravel, command, why)
    assert isinstance(step.act, RunArtisan)
    writes = tuple(sorted({*step.act.writes, laravel.compiled}))
    return Step(RunArtisan(app.path, app.user, laravel.php, (command,), writes), why, _UNDO)


def remove_first(app: App, caches: Iterator[CacheFile] | tuple[CacheFile, ...], why: str) -> Iterator[Step]:
    """Take away caches that keep artisan itself from starting (unreadable, cut off, naming classes that are gone)."""
    for cache in caches:
        if cache.exists and not cache.path.startswith("/"):
            yield Step(RemoveFile(app.path, cache.path), why, _UNDO)
