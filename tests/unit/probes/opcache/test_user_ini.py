"""When a .user.ini last changed, on this machine's own file system."""

import os
import time
from dataclasses import replace
from pathlib import Path

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.probes.opcache.user_ini import NONE, UserIni, user_ini
from liveproof.store.cache import Cache
from tests.unit.opcaches import app

NAME = ".user.ini"


def _app(tmp_path: Path) -> App:
    (tmp_path / "app" / "public").mkdir(parents=True)

    me = os.getgid()
    return replace(app(str(tmp_path / "app")), uid=os.getuid(), gid=me, groups=(me,))


def _look(tmp_path: Path, one: App, moved: float = 0.0) -> UserIni:
    (tmp_path / "kept").mkdir(exist_ok=True)
    return user_ini(Reader(), Cache(str(tmp_path / "kept")), one, NAME, moved)


def _write(one: App, text: str) -> Path:
    file = Path(one.root) / NAME
    file.write_text(text)
    time.sleep(0.02)
    return file


def test_none_is_none(tmp_path):
    """Neither the file, nor its name, nor a directory in its place."""
    one = _app(tmp_path)
    assert _look(tmp_path, one) == NONE
    assert user_ini(Reader(), Cache(None), one, "", 0.0) == NONE
    (Path(one.root) / NAME).mkdir()
    assert _look(tmp_path, one) == NONE


def test_what_it_sets_and_when_it_came_to(tmp_path):
    """A touch and the same content again are no change, another content and another release are one."""
    one = _app(tmp_path)
    file = _write(one, "opcache.enable = off ; no\nmemory_limit=1M\n")
    first = _look(tmp_path, one)
    assert first == UserIni({"opcache.enable": "0"}, os.stat(file).st_ctime_ns / 1e9)
    os.utime(file)
    file.write_text("opcache.enable = off ; no\nmemory_limit=1M\n")
    assert _look(tmp_path, one, moved=time.time()) == first
    _write(one, "memory_limit=2M\n")
    second = _look(tmp_path, one)
    assert second == UserIni({}, os.stat(file).st_ctime_ns / 1e9)
    assert second.changed > first.changed
    _write(one, "memory_limit=3M\n")
    assert _look(tmp_path, one, moved=time.time() + 50).changed > time.time() + 40


def test_a_file_that_is_gone_has_changed_too(tmp_path):
    """Workers keep what it said."""
    one = _app(tmp_path)
    file = _write(one, "memory_limit=2M\n")
    before = _look(tmp_path, one)
    file.unlink()
    gone = _look(tmp_path, one)
    assert gone.changed > before.changed
    assert _look(tmp_path, one) == gone


def test_a_file_that_the_pool_cannot_read_is_none(tmp_path):
    """Until it can: then what it says is new to PHP."""
    one = replace(_app(tmp_path), uid=4711, gid=4711, groups=(4711,))
    file = _write(one, "memory_limit=2M\n")
    file.chmod(0o600)
    assert _look(tmp_path, one) == NONE
    time.sleep(0.02)
    file.chmod(0o644)
    assert _look(tmp_path, one).changed == os.stat(file).st_ctime_ns / 1e9
