"""What the probe makes of files and of earlier runs, tried on this machine's own file system."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.memory.freshness import State, freshness
from liveproof.host.errors import CannotSee
from liveproof.host.network.fastcgi import Response
from liveproof.host.php.probe import installed
from liveproof.host.php.probe_request import path_told as decoded
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Fpm, Load, Master, Pool
from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.model.findings import Unknown
from liveproof.probes import opcache
from liveproof.probes.opcache import asking
from liveproof.probes.opcache.file_times import FileTimes, link_moved
from liveproof.probes.opcache.past_runs import PastRuns
from liveproof.store.cache import Cache
from tests.golden.filled import filled
from tests.unit.opcaches import app, pool, script

READER = Reader()


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "app").mkdir()
    for name in ("a.php", "b.php"):
        (tmp_path / "app" / name).write_text(f"<?php // {name}")
    time.sleep(0.02)
    return tmp_path / "app"


def cached(path: Path | str, **fields: Any) -> Script:
    """A script that was compiled just now from this file."""
    seen, beside = os.stat(path), FileTimes(READER)
    values: dict[str, Any] = {
        "mtime_ns": seen.st_mtime_ns,
        "ctime_ns": seen.st_ctime_ns,
        "placed_ns": beside.placed_ns(str(path)),
        "last_used": int(time.time()),
        **fields,
    }
    return replace(script(str(path)), **values)


def remembering(cache: Cache, where: Path, seen: PoolOpcache) -> PoolOpcache:
    """The pool with what earlier runs knew; keeps what this one proves."""
    signature = f"{seen.start_time} {seen.last_restart_time}"
    earlier = PastRuns(READER, cache, app(str(where)), seen.pool, signature=signature, wasted=seen.memory_wasted)
    scripts = []
    for one in seen.scripts:
        seen_by, same = earlier.of(one.path, one.timestamp, one.hits, one.mtime_ns, one.ctime_ns)
        scripts.append(replace(one, seen_by=seen_by, same=same))
    known = replace(seen, scripts=tuple(scripts))
    earlier.keep(known)
    return known


def examined(tree: Path, cache: Cache, since: float, **fields: Any) -> dict[str, State]:
    """One run: what it concludes of each file."""
    scripts = tuple(cached(path) for path in sorted(tree.glob("*.php")))
    seen = pool("0", scripts=scripts, since=since, now=int(time.time()) + 1, **fields)
    known = remembering(cache, tree, seen)
    return {script.path.rpartition("/")[2]: freshness(known, script, time.time()).state for script in known.scripts}


def test_content_tells_an_owner_or_time_change_from_an_edit(tree, tmp_path):
    """The first run proves the scripts fresh; the second sees new times, and reads."""
    cache, since = Cache(str(tmp_path)), time.time()
    assert examined(tree, cache, since) == {"a.php": State.FRESH, "b.php": State.FRESH}
    time.sleep(0.02)
    os.chmod(tree / "a.php", 0o600)
    kept = os.stat(tree / "b.php")
    (tree / "b.php").write_text("<?php // other")
    os.utime(tree / "b.php", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    expected = {"a.php": State.FRESH, "b.php": State.STALE}
    assert examined(tree, cache, since) == expected
    assert examined(tree, cache, since) == expected


@pytest.mark.parametrize(
    "fields", [{"memory_wasted": 7}, {"start_time": 1}, {"last_restart_time": 5}], ids=["replaced", "reload", "reset"]
)
def test_what_was_known_is_not_used_once_something_may_have_been_compiled_anew(tree, tmp_path, fields):
    """Then only the times speak, and they cannot tell."""
    cache, since = Cache(str(tmp_path)), time.time()
    examined(tree, cache, since)
    time.sleep(0.02)
    os.chmod(tree / "a.php", 0o600)
    assert examined(tree, cache, since, **fields)["a.php"] is State.UNKNOWN


def test_fewer_hits_mean_another_compilation(tree, tmp_path):
    """They begin again with the new one."""
    cache = Cache(str(tmp_path))
    path = tree / "a.php"
    many = pool("0", scripts=(cached(path, hits=50),), since=time.time())
    remembering(cache, tree, many)
    for hits, known in ((60, True), (3, None)):
        again = replace(many, scripts=(cached(path, hits=hits),))
        assert remembering(cache, tree, again).scripts[0].same is known


def test_what_php_has_given_up_is_not_taken_for_what_was_compiled(tree, tmp_path):
    """The next request compiles the file as it is then: its content now says nothing of that."""
    cache, since = Cache(str(tmp_path)), time.time()
    path = tree / "a.php"
    remembering(cache, tree, pool("0", scripts=(cached(path, given_up=True),), since=since))
    again = pool("0", scripts=(cached(path),), since=since)
    assert remembering(cache, tree, again).scripts[0].same is None


def test_an_unchanged_host_writes_nothing(tree, tmp_path):
    """The third run finds its memory as the second left it."""
    cache, since = Cache(str(tmp_path)), time.time()
    examined(tree, cache, since)
    (kept,) = tmp_path.glob("opcache-*.json")
    before = os.stat(kept).st_mtime_ns
    examined(tree, cache, since)
    assert os.stat(kept).st_mtime_ns == before


def test_names_that_are_not_utf8_are_remembered(tree, tmp_path):
    """As they are."""
    path = os.fsdecode(os.fsencode(tree) + b"/\xff\n.php")
    with open(path, "w") as file:
        file.write("<?php")
    cache = Cache(str(tmp_path))
    seen = pool("0", scripts=(cached(path),), since=time.time() + 1)
    remembering(cache, tree, seen)
    assert remembering(cache, tree, seen).scripts[0].same is True


def test_a_renamed_directory_is_a_change_of_place(tree, tmp_path):
    """The files in it are old, and came under this path just now."""
    swapped = tmp_path / "new"
    shutil.copytree(tree, swapped)
    time.sleep(0.05)
    before = time.time_ns()
    tree.rename(tmp_path / "old")
    swapped.rename(tree)
    assert FileTimes(READER).placed_ns(str(tree / "a.php")) > before - 20_000_000
    assert os.stat(tree / "a.php").st_ctime_ns < before


def test_entries_that_come_and_go_are_no_change_of_place(tree):
    """A directory's ctime moves with its entries, not with its place."""
    inner = tree / "views"
    inner.mkdir()
    (inner / "x.php").write_text("")
    time.sleep(0.05)
    before = time.time_ns()
    (inner / "y.php").write_text("")
    assert FileTimes(READER).placed_ns(str(inner / "x.php")) < before


def test_a_file_that_cannot_be_reached_is_gone(tree):
    """A loop of links, a file in place of a directory."""
    (tree / "loop").symlink_to("loop")
    beside = FileTimes(READER)
    assert [beside.file(f"{tree}/{name}") for name in ("loop/x", "a.php/x", "none")] == [None] * 3


def test_links_on_the_way_are_dated_by_their_newest(tmp_path):
    """Links behind links too; a path without any has no date, a circle ends."""
    (tmp_path / "r1").mkdir()
    assert link_moved(READER, str(tmp_path / "r1")) == pytest.approx(link_moved(READER, str(tmp_path)))
    (tmp_path / "first").symlink_to("second")
    time.sleep(0.03)
    (tmp_path / "second").symlink_to(tmp_path / "r1")
    newest = os.lstat(tmp_path / "second").st_ctime
    assert link_moved(READER, str(tmp_path / "first")) == pytest.approx(newest)
    (tmp_path / "loop").symlink_to("loop")
    assert link_moved(READER, str(tmp_path / "loop")) > 0


@given(st.binary(max_size=60))
def test_any_path_comes_through_the_probe(raw):
    """UTF-8 as it is, everything else in hexadecimal digits behind a NUL byte."""
    path = raw.replace(b"\0", b"")
    try:
        told = path.decode()
    except UnicodeDecodeError:
        told = "\0" + path.hex()
    assert os.fsencode(decoded(told)) == path


def test_the_installed_probe_is_trusted_only_when_nobody_else_could_write_it(tmp_path, monkeypatch):
    """A copy that everyone may write is refused with the way to mend it."""
    (tmp_path / "probe.php").write_text("<?php")
    (tmp_path / "probe.php").chmod(0o666)
    monkeypatch.setattr("liveproof.host.php.probe.__file__", str(tmp_path / "phpprobe.py"))
    with pytest.raises(CannotSee, match="chmod go-w"):
        installed()


def test_a_saturated_pool_is_not_asked_what_it_runs() -> None:
    """The request would wait with the others until it is given up: the reason is told at once."""
    load = Load(5, 3, 5, 0.9, stuck=5)
    full = filled(Pool, version="8.2", name="www", address="unix:/nowhere", max_children=5, load=load)
    fpm = Fpm((filled(Master, version="8.2", pid=1, pools=(full,)),))
    seen = opcache.probe(READER, Cache(None), replace(app("/srv"), pools=("8.2/www",)), fpm, Unknown(""))
    ((name, why),) = seen.pools
    assert name == "8.2/www"
    assert isinstance(why, Unknown)
    assert "pool 8.2/www is saturated: all 5 workers are busy" in why.reason
    (asked,) = opcache.probe(
        READER,
        Cache(None),
        replace(app("/srv"), pools=("8.2/www",)),
        _with(fpm, replace(load, held=0, stuck=4)),
        Unknown(""),
    ).unseen
    assert "saturated" not in asked.reason, "a full pool whose requests flow is asked"


def _with(fpm: Fpm, load: Load) -> Fpm:
    (master,) = fpm.masters
    return Fpm((replace(master, pools=tuple(replace(pool, load=load) for pool in master.pools)),))


@pytest.mark.parametrize(
    ("where", "advice"),
    [
        ("home/deploy/venv", "install liveproof again where everyone may read, such as /opt, with umask 022"),
        ("opt", "install liveproof again"),
    ],
)
def test_a_probe_that_the_pools_user_may_not_read(tmp_path: Path, where: str, advice: str) -> None:
    """The advice is another place or installation, never a change of somebody's home."""
    (tmp_path / where).mkdir(parents=True)
    (tmp_path / where / "probe.php").write_text("<?php")
    (tmp_path / where).chmod(0o700)
    tmp_path.chmod(0o755)
    seen = filled(Pool, version="8.2", name="www", user="nobody", uid=4321, gid=4321, groups=())
    refused = Response(404, (), b"", b"")
    told = asking._refused(READER, f"{tmp_path}/{where}/probe.php", filled(Master, version="8.2"), seen, refused)
    assert "has mode 0700" in told
    assert advice in told
    assert "chown" not in told
    assert "chmod" not in told


def test_a_chrooted_pool() -> None:
    """What else tells what it runs is said."""
    jailed = filled(Pool, version="8.2", name="www", chroot="/srv/jail")
    with pytest.raises(CannotSee, match="configure a request whose answer must hold a text"):
        asking.ask(READER, "/opt/probe.php", app("/srv"), filled(Master, version="8.2"), jailed)
