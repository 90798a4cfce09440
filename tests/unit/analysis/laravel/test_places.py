"""Where Laravel writes, from what was seen of it."""

from dataclasses import replace

from liveproof.analysis.laravel.places import below_storage, cache_directories, storage, views, written
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.findings import Unknown

USUAL = Laravel("10", "", "", False, (), (), (), (), ())


def cache(kind: str, path: str, *, exists: bool = True) -> CacheFile:
    return CacheFile(kind, path, exists, 0, 0, 0, 0, 0, True, True, ())


def test_the_usual_places() -> None:
    """Also where Laravel could not be looked at."""
    for laravel in (USUAL, Unknown("no framework")):
        assert (storage(laravel), views(laravel)) == ("storage", "storage/framework/views")
        assert cache_directories(laravel) == ("bootstrap/cache",)
        assert {"storage/logs", "storage/framework/views", "bootstrap/cache"} <= set(written(laravel))


def test_moved_places() -> None:
    """Nothing is asked of the usual ones any more; the event cache counts once it is there."""
    caches = (cache("config", "/c/config.php"), cache("events", "bootstrap/cache/events.php", exists=False))
    laravel = replace(USUAL, storage="/srv/s", views="/v", caches=caches)
    assert cache_directories(laravel) == ("/c",)
    assert not any(path.startswith(("storage", "bootstrap")) for path in written(laravel))
    assert {"/srv/s/logs", "/v", "/c"} <= set(written(laravel))
    assert "/srv/s/framework/views" not in written(laravel)
    assert [below_storage(laravel, path) for path in ("/v/a.php", "/srv/s", "storage/app", "/srv/sx")] == [
        True, True, False, False,
    ]  # fmt: skip
    there = replace(laravel, caches=(caches[0], replace(caches[1], exists=True)))
    assert cache_directories(there) == ("/c", "bootstrap/cache")


def test_an_unknown_storage_is_not_guessed() -> None:
    """Only what is known is asked."""
    laravel = replace(USUAL, storage=Unknown("moved"), views="v")
    assert written(laravel) == ("bootstrap/cache", "v")
    assert not below_storage(laravel, "storage/app")
