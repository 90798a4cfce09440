"""What Laravel derived from its sources, and whether it still holds. Pure."""

from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.findings import Holds, Unknown


def stale(cache: CacheFile | None) -> CacheFile | Unknown | None:
    """The cache file where it differs from its sources; None where it is fresh or not there."""
    if cache is None or not cache.exists:
        return None
    if isinstance(cache.fresh, Unknown):
        return Unknown(f"whether {cache.path} is fresh: {cache.fresh.reason}")
    return None if cache.fresh else cache


def fresh(laravel: Laravel, kind: str) -> Holds:
    """What was seen of a cache that ``stale`` says nothing of."""
    cache = laravel.cache(kind)
    if cache is None or not cache.exists:
        return Holds(f"there is no {kind} cache: Laravel reads the sources")
    return Holds(f"{cache.path} is what its sources give now")
