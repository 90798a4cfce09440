"""Where Laravel itself writes: its storage, its compiled views and its caches, wherever the app has put them. Pure.

Paths are below the app, or absolute where they lie outside of it.
"""

from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Absent, Unknown

STORAGE = "storage"
CACHE = "bootstrap/cache"
_VIEWS = "framework/views"
# What Laravel writes below its storage (laravel.com: "Directory Permissions" and the skeleton of storage/).
_BELOW = (
    "app", "app/public", "framework", "framework/cache", "framework/cache/data", "framework/sessions", _VIEWS, "logs",
)  # fmt: skip
_Laravel = Laravel | Unknown | Absent


def storage(laravel: _Laravel) -> str | Unknown:
    """The storage directory; the usual one where Laravel could not be looked at at all."""
    return laravel.storage if isinstance(laravel, Laravel) else STORAGE


def views(laravel: _Laravel) -> str | Unknown:
    """The directory of the compiled views (VIEW_COMPILED_PATH, config/view.php)."""
    if isinstance(laravel, Laravel) and laravel.views:
        return laravel.views
    where = storage(laravel)
    return where if isinstance(where, Unknown) else f"{where}/{_VIEWS}"


def below_storage(laravel: _Laravel, path: str) -> bool:
    """Whether a path is Laravel's storage or its views, or lies in them."""
    return any(
        isinstance(top, str) and (path == top or path.startswith(f"{top}/"))
        for top in (storage(laravel), views(laravel))
    )


def cache_directories(laravel: _Laravel) -> tuple[str, ...]:
    """The directories of Laravel's caches (APP_*_CACHE); that of the events only once there are some."""
    if not isinstance(laravel, Laravel) or not laravel.caches:
        return (CACHE,)
    used = (cache for cache in laravel.caches if cache.kind != "events" or cache.exists)
    return tuple(dict.fromkeys(cache.path.rpartition("/")[0] for cache in used))


def written(laravel: _Laravel) -> tuple[str, ...]:
    """Every directory that Laravel needs to write, as far as it is known where."""
    where, compiled = storage(laravel), views(laravel)
    found = list(cache_directories(laravel))
    if isinstance(where, str):
        found += [where, *(f"{where}/{path}" for path in _BELOW if path != _VIEWS)]
    if isinstance(compiled, str):
        found.append(compiled)
    return tuple(dict.fromkeys(found))
