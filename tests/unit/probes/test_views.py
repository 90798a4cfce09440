"""What a process with mounts of its own sees, tried with real ones."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Fpm, Worker
from liveproof.model.facts.views import View
from liveproof.model.findings import Unknown
from liveproof.probes.views import probe
from tests.unit.opcaches import app, fpm

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
Start = Callable[[str], int]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An app, and a copy of it."""
    for name in ("app", "copy"):
        (tmp_path / name / "vendor").mkdir(parents=True)
        (tmp_path / name / "storage").mkdir()
    return tmp_path


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process that made these mounts for itself, and returns its pid."""
    started: list[subprocess.Popen[str]] = []

    def run(mounts: str) -> int:
        argv = ["unshare", "-m", "sh", "-c", f"{mounts} && echo ready && exec sleep 60"]
        child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(child)
        assert child.stdout is not None
        said = child.stdout.readline()
        if said != "ready\n":
            pytest.skip(f"no mounts can be made here: {said}")
        return child.pid

    yield run
    for child in started:
        child.kill()
        child.communicate()


def served(pid: int, chroot: str = "") -> Fpm:
    master = fpm().masters[0]
    pool = replace(master.pools[0], workers=(Worker(pid, 1.0, 33),) if pid else (), chroot=chroot)
    return Fpm((replace(master, pid=0, pools=(pool,)),))


def seen(tree: Path, pid: int) -> View:
    ((_, view),) = probe(reader=Reader(), app=app(str(tree / "app")), fpm=served(pid)).pools
    assert isinstance(view, View)
    return view


@needs_root
@pytest.mark.parametrize(
    ("mounts", "code", "data"),
    [
        ("true", [], []),
        ("mount --bind {0}/app {0}/app", [], []),
        ("mount --bind {0}/copy {0}/app", ["", "/vendor"], ["/storage"]),
        ("mount --bind {0}/copy/vendor {0}/app/vendor", ["/vendor"], []),
        ("mount -t tmpfs none {0}/app/storage", [], ["/storage"]),
        ("mkdir {0}/app/deep && mount -t tmpfs none {0}/app/deep", ["/deep"], []),
        ("mount -t tmpfs none {0}", ["", "/vendor"], ["/storage"]),
    ],
)
def test_paths_that_show_something_else(tree, start, mounts, code, data):
    """Each is told; a mount of the same directory is none."""
    view = seen(tree, start(mounts.format(tree)))
    top = f"{tree}/app"
    assert view.own
    assert [one.path.removeprefix(top) for one in view.shadows if one.code] == code
    assert [one.path.removeprefix(top) for one in view.shadows if not one.code] == data


@needs_root
def test_a_process_without_mounts_of_its_own(tree):
    """Nothing is compared."""
    assert seen(tree, os.getpid()) == View(os.getpid(), own=False, compared=0, shadows=())


@needs_root
@pytest.mark.parametrize(
    ("pid", "chroot", "words"),
    [(0, "", "no process of pool"), (os.getpid(), "/srv/jail", "chroot /srv/jail")],
    ids=("no process", "chroot"),
)
def test_a_view_that_is_not_known(tree, pid, chroot, words):
    """With its reason."""
    ((_, view),) = probe(reader=Reader(), app=app(str(tree / "app")), fpm=served(pid, chroot)).pools
    assert isinstance(view, Unknown)
    assert words in view.reason


def test_no_pool(tree):
    """Whose view counts is not known."""
    with pytest.raises(CannotSee):
        probe(reader=Reader(), app=app(str(tree)), fpm=Fpm(()))
