"""The files of OPcache's file cache, tried on this machine's own file system."""

import os
import time
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.probes.opcache.file_cache import NONE, UNKNOWN, FileCache

SYSTEM = "1204a070cd49210ca578dc8015bee891"
SCRIPT = "/srv/app/index.php"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Holds the bytecode of one script; the program beside it is older."""
    (tmp_path / "php-fpm").touch()
    time.sleep(0.02)
    file = tmp_path / f"cache/{SYSTEM}{SCRIPT}.bin"
    file.parent.mkdir(parents=True)
    file.touch()
    return tmp_path / "cache"


def written(directory: Path, path: str = SCRIPT, *, since: float = 0.0, uid: int = -1, used: float = 0.0) -> float:
    owner = os.getuid() if uid < 0 else uid
    cache = FileCache(Reader(), str(directory), owner, since, str(directory.parent / "php-fpm"))
    return cache.written(path, int(used or time.time()))


def test_the_file_dates_its_script(directory):
    """By its time."""
    file = directory / f"{SYSTEM}{SCRIPT}.bin"
    assert written(directory) == pytest.approx(file.stat().st_mtime)


def test_a_script_of_which_nothing_was_kept(directory):
    """Proven only if nothing came or went where its file would be since the cache began."""
    assert written(directory, "/srv/app/other.php", since=time.time() + 1) == NONE
    assert written(directory, "/srv/app/other.php", since=time.time() - 100) == UNKNOWN
    assert written(directory, "/opt/other.php", since=time.time() + 1) == NONE


@pytest.mark.parametrize("change", ["owner", "program", "systems", "another writer"])
def test_what_another_php_may_have_written_tells_nothing(directory, change):
    """Another user's, another version's, or one that wrote long after the pool used the script last."""
    if change == "program":
        time.sleep(0.02)
        (directory.parent / "php-fpm").touch()
    if change == "systems":
        (directory / SYSTEM[::-1]).mkdir()
    uid = os.getuid() + 1 if change == "owner" else -1
    assert written(directory, uid=uid, used=time.time() - 90 if change == "another writer" else 0) == UNKNOWN


def test_no_directory(tmp_path):
    """Not set, or not there."""
    assert FileCache(Reader(), "", 0, 0, "").written(SCRIPT, 0) == UNKNOWN
    assert written(tmp_path / "none", since=time.time()) == UNKNOWN
