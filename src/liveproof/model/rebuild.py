"""Steps that derive Laravel's caches anew, as the app's user, with everything that they may change."""

from collections.abc import Iterable, Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.findings import Absent, Unknown
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


def remove(app: App, files: Files | Unknown | Absent, paths: Iterable[str], why: str) -> Iterator[Step]:
    """Take away derived files (below the app); a path that leads over a link is named where it really is."""
    for path in paths:
        if not path.startswith("/"):
            root, below = files.place(path) if isinstance(files, Files) else (app.path, path)
            yield Step(RemoveFile(root, below), why, _UNDO)
