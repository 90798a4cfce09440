"""A run, and the rollback of a run, killed before any of its changes: afterwards it is as before, never between."""

import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liveproof.host.write import writer
from liveproof.host.write.safety import LeftAlone
from liveproof.repair import rollback
from liveproof.repair.actions.run_artisan import ArtisanFailed
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.point_symlink import PointSymlink
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.store import runs
from tests.unit.repair.test_journal import applied, edit
from tests.unit.trees import WWW, snapshot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")

# What changes a file system, as Python's audit events name it (docs.python.org: audit events table).
_CHANGES = {
    "os.rename", "os.chmod", "os.mkdir", "os.rmdir", "os.remove", "os.utime", "os.setxattr", "os.removexattr",
    "os.symlink", "os.truncate", "os.chown", "os.fork",
}  # fmt: skip


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state directory of the test's own, of which nothing goes to the disk: what is killed here is no machine."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def tree() -> Iterator[Path]:
    """A small app with everything that a plan may change."""
    top = Path(tempfile.mkdtemp(prefix="liveproof-test-"))
    top.chmod(0o755)
    (top / "cache").mkdir()
    (top / "cache" / "config.php").write_text("old")
    (top / "cache" / "view.php").write_text("stale")
    (top / "www.conf").write_text("pm = dynamic")
    (top / "current").symlink_to("releases/1")
    (top / "artisan").write_text("cd cache; echo new > t; mv t config.php; mkdir made; echo x > made/x")
    for path in ("cache", "cache/view.php"):
        os.chown(top / path, WWW, WWW)
    for path in ("cache/config.php", "cache", "www.conf", "."):
        os.utime(top / path, ns=(10**18, 10**18 + 7))
    yield top
    shutil.rmtree(top)


def mend(tree: Path) -> None:
    """A run with a step of every kind."""
    applied(
        tree,
        MakeDirectory(str(tree), "storage", WWW, WWW, 0o775),
        ChangeOwner(str(tree), (Owned("cache/config.php", 0, 0), Owned("current", 0, 0)), WWW, WWW, "www-data"),
        ChangeMode(str(tree), (Moded("cache/config.php", 0o644, 0o600), Moded("cache", 0o755, 0o2775))),
        edit(tree / "www.conf", "pm = static"),
        PointSymlink(f"{tree}/current", "releases/1", "releases/2"),
        RemoveFile(str(tree), "cache/view.php"),
        RunArtisan(str(tree), "www-data", "/bin/sh", ("rebuild",), ("cache",)),
    )


def dies_before(change: int, work: Callable[[], object]) -> bool:
    """Do ``work`` in a process that is killed before its n-th change; whether it was (else it had fewer)."""
    child = os.fork()
    if child == 0:
        left, ours = change, os.getpid()

        def count() -> None:
            nonlocal left
            if os.getpid() != ours:  # the keeper of artisan, which outlives us for a moment
                return
            if left == 0:
                os.kill(os.getpid(), 9)
            left -= 1

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            made = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            if event in _CHANGES or made:
                count()

        def flush(_: int, then: Callable[[int], None] = os.fsync) -> None:
            count()
            then(_)

        def chown(result: int, path: str, then: Callable[[int, str], None] = writer._call) -> None:
            then(result, path)
            count()

        setattr(os, "fsync", flush)  # noqa: B010  (in this child process only)
        setattr(writer, "_call", chown)  # noqa: B010
        sys.addaudithook(hook)
        try:
            work()
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, 9), status
    return status == 9


def test_killed_anywhere_in_a_run(tree: Path) -> None:
    """Before every change that a run makes: what was begun is taken back, what was not is not."""
    before = snapshot(tree)
    change = 0
    while dies_before(change, lambda: mend(tree)):
        rollback.rollback()
        assert snapshot(tree) == before, f"killed before change {change}"
        assert runs.pending() == ()
        change += 1
    assert change > 50
    assert snapshot(tree) != before
    rollback.rollback()
    assert snapshot(tree) == before


def test_killed_anywhere_in_a_rollback(tree: Path) -> None:
    """Before every change that a rollback makes: the next one ends what it began, with the times of directories."""
    before = snapshot(tree)
    change = 0
    killed = True
    while killed:
        mend(tree)
        killed = dies_before(change, rollback.rollback)
        for run in runs.list_runs()[:1]:
            if run.state != runs.BACK:
                rollback.rollback(run.id)
        assert snapshot(tree) == before, f"killed before change {change}"
        change += 1
    assert change > 30


def test_killed_anywhere_while_a_cache_is_made_beside(tree: Path) -> None:
    """The new directory and what is in it are taken back, and the cache in use is the old or the new one, whole."""
    (tree / "artisan").write_text('printf whole >"$APP_CONFIG_CACHE"; echo left >"${APP_CONFIG_CACHE%/*}/left"')
    fresh = (("APP_CONFIG_CACHE", "cache/config.php"), ("APP_SERVICES_CACHE", ""))
    act = RunArtisan(str(tree), "www-data", "/bin/sh", ("x",), ("cache",), 0o027, fresh)
    before = snapshot(tree)
    change = 0
    while dies_before(change, lambda: applied(tree, act)):
        assert (tree / "cache/config.php").read_text() in ("old", "whole")
        rollback.rollback()
        assert snapshot(tree) == before, f"killed before change {change}"
        change += 1
    assert change > 12
    assert snapshot(tree)["cache/config.php"].uid == WWW
    assert snapshot(tree)["cache/config.php"].mode == 0o640
    assert sorted(path.name for path in (tree / "cache").iterdir()) == ["config.php", "view.php"]
    rollback.rollback()
    assert snapshot(tree) == before


@pytest.mark.parametrize(
    "made", ['ln -s /etc/shadow "$APP_CONFIG_CACHE"', 'mkdir "$APP_CONFIG_CACHE"', "true", "exit 3"]
)
def test_what_is_no_cache_is_put_in_no_place(tree: Path, made: str) -> None:
    """A link, a directory, nothing, or what a command that failed left."""
    (tree / "artisan").write_text(made)
    before = snapshot(tree)
    act = RunArtisan(
        str(tree), "www-data", "/bin/sh", ("x",), ("cache",), 0o027, (("APP_CONFIG_CACHE", "cache/config.php"),)
    )
    with pytest.raises((LeftAlone, ArtisanFailed)):
        applied(tree, act)
    assert (tree / "cache/config.php").read_text() == "old"
    rollback.rollback()
    assert snapshot(tree) == before


def test_killed_again_and_again(tree: Path) -> None:
    """A rollback that never gets far still ends, one change at a time."""
    before = snapshot(tree)
    mend(tree)
    (run,) = runs.list_runs()
    for change in (3, 1, 5, 8, 2, 13, 9, 21):
        dies_before(change, lambda: rollback.rollback(run.id))
    assert [left.id for left in runs.pending()] == [run.id]
    rollback.rollback()
    assert snapshot(tree) == before
