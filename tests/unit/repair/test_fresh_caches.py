"""The directory in which artisan makes new caches, while the app's user moves things about."""

import os
from pathlib import Path

from liveproof.repair.fresh_caches import _remove


def test_it_is_removed_from_a_directory_that_was_moved_away(tmp_path: Path) -> None:
    """Nothing of ours stays in it, and what took its place is not touched."""
    cache = tmp_path / "bootstrap" / "cache"
    fresh = cache / ".liveproof-1-fresh"
    fresh.mkdir(parents=True)
    (fresh / "app_config_cache.php").write_text("<?php return [];")
    (fresh / "sub").mkdir()
    (cache / "config.php").write_text("<?php return [];")
    beside = os.open(cache, os.O_PATH | os.O_DIRECTORY)
    try:
        moved = cache.rename(tmp_path / "moved")
        cache.symlink_to("/etc")
        _remove(beside, fresh.name)
    finally:
        os.close(beside)
    assert [path.name for path in moved.iterdir()] == ["config.php"]
    assert cache.is_symlink()


def test_nothing_to_remove_is_no_fault(tmp_path: Path) -> None:
    """It was never made, or somebody removed it."""
    beside = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    try:
        _remove(beside, ".liveproof-1-fresh")
    finally:
        os.close(beside)
    assert list(tmp_path.iterdir()) == []
