"""What PHP was made to compile again is remembered for one cache only."""

from pathlib import Path

import pytest

from liveproof.store.cache import Cache
from liveproof.store.invalidated import MemoryOf, moments, remember

MEMORY = MemoryOf(9, 100.25, 110, 0)


def test_moments_add_up(tmp_path: Path) -> None:
    """A later moment of a script replaces its earlier one, the others stay."""
    cache = Cache(str(tmp_path))
    remember(cache, MEMORY, ("/a", "/b"), 200.5)
    remember(cache, MEMORY, ("/b", "/c"), 300.5)
    assert moments(cache, MEMORY) == {"/a": 200.5, "/b": 300.5, "/c": 300.5}


@pytest.mark.parametrize(
    "other",
    [
        MEMORY._replace(pid=8),
        MEMORY._replace(start=101.25),
        MEMORY._replace(began=111),
        MEMORY._replace(restarted=120),
    ],
)
def test_another_cache_knows_nothing_of_it(tmp_path: Path, other: MemoryOf) -> None:
    """A restart, a reload or a reset began anew."""
    cache = Cache(str(tmp_path))
    remember(cache, MEMORY, ("/a",), 200.5)
    assert moments(cache, other) == {}
    remember(cache, other, ("/z",), 400.5)
    assert moments(cache, other) == {"/z": 400.5}
