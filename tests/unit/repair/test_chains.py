"""Chains of up to seven steps, three or more on one file: taken back exactly, whether the run ended or was killed."""

import itertools
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveproof.model.plan import Act
from liveproof.repair import rollback
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.store import runs
from tests.unit.repair.test_journal import applied
from tests.unit.repair.test_journal_killed import dies_before
from tests.unit.trees import WWW, snapshot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")

FILE = "cache/config.php"
# What a command does to the file: writes into it, or puts another one (another inode) in its place.
ARTISAN = """cd cache
case $1 in
rewrite) echo more >>config.php ;;
replace) echo new >t; mv -f t config.php ;;
esac
"""
# A disk gives an inode's number to the next file soon; memory (tmpfs) never does.
FILE_SYSTEMS = ("disk", "memory")
KINDS = ("owner", "mode", "rewrite", "replace", "remove")
CHAINS = (
    ("owner", "rewrite", "rewrite"),
    ("owner", "rewrite", "remove"),
    ("owner", "rewrite", "rewrite", "rewrite"),
    ("owner", "mode", "rewrite", "rewrite", "mode", "rewrite", "owner"),
    ("owner", "rewrite", "mode", "remove", "rewrite", "owner", "replace"),
    ("mode", "owner", "replace", "rewrite", "replace", "rewrite", "remove"),
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state directory of the test's own, of which nothing goes to the disk: what is killed here is no machine."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """A directory on each kind of file system."""
    found = {name: tempfile.mkdtemp(prefix="liveproof-test-") for name in FILE_SYSTEMS}
    for folder in found.values():
        os.chmod(folder, 0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", found["memory"]], check=True)
    yield found
    subprocess.run(["umount", "-l", found["memory"]], check=True)
    for folder in found.values():
        shutil.rmtree(folder)


def planted(place: str) -> Path:
    """An app with one derived file that root owns."""
    top = Path(tempfile.mkdtemp(prefix="liveproof-test-", dir=place))
    top.chmod(0o755)
    (top / "cache").mkdir()
    (top / FILE).write_text("old")
    (top / FILE).chmod(0o600)
    (top / "artisan").write_text(ARTISAN)
    os.chown(top / "cache", WWW, WWW)
    for path in (FILE, "cache", "."):
        os.utime(top / path, ns=(10**18, 10**18 + 7))
    return top


@pytest.fixture(params=FILE_SYSTEMS)
def tree(request: pytest.FixtureRequest, places: dict[str, str]) -> Iterator[Path]:
    """``planted``, removed in the end."""
    top = planted(places[request.param])
    yield top
    shutil.rmtree(top)


def chain(tree: Path, kinds: tuple[str, ...]) -> list[Act]:
    """The acts of these kinds on the one file, each as what stands there by then wants it."""
    acts: list[Act] = []
    there, uid, mode = True, 0, 0o600
    for kind in kinds:
        if kind == "owner" and there:
            acts.append(ChangeOwner(str(tree), (Owned(FILE, uid, uid),), WWW - uid, WWW - uid, "another"))
            uid = WWW - uid
        elif kind == "mode" and there:
            acts.append(ChangeMode(str(tree), (Moded(FILE, mode, mode ^ 0o044),)))
            mode ^= 0o044
        elif kind == "remove" and there:
            acts.append(RemoveFile(str(tree), FILE))
            there = False
        elif kind == "replace" or (kind == "rewrite" and (not there or uid == WWW)):
            acts.append(RunArtisan(str(tree), "www-data", "/bin/sh", (kind,), ("cache",)))
            if kind == "replace" or not there:
                there, uid, mode = True, WWW, 0o644
    return acts


@pytest.mark.parametrize("kinds", CHAINS, ids=" ".join)
def test_a_chain_that_ended_is_taken_back(tree: Path, kinds: tuple[str, ...]) -> None:
    """The first step's owner and mode come back too."""
    before = snapshot(tree)
    acts = chain(tree, kinds)
    assert len(acts) == len(kinds)
    applied(tree, *acts)
    assert snapshot(tree) != before
    (done,) = rollback.rollback()
    assert done.refused == ()
    assert snapshot(tree) == before


@pytest.mark.parametrize("kinds", CHAINS[:2], ids=" ".join)
def test_a_chain_is_taken_back_wherever_it_was_killed(tree: Path, kinds: tuple[str, ...]) -> None:
    """Before every change that the run makes."""
    before = snapshot(tree)
    for change in itertools.count():
        killed = dies_before(change, lambda: applied(tree, *chain(tree, kinds)))
        for done in rollback.rollback():
            assert done.refused == (), f"killed before change {change}"
        assert snapshot(tree) == before, f"killed before change {change}"
        if not killed:
            break
    assert change > 20


@pytest.mark.parametrize("kinds", CHAINS[:2], ids=" ".join)
def test_a_chain_is_taken_back_wherever_its_rollback_was_killed(tree: Path, kinds: tuple[str, ...]) -> None:
    """What the first attempt put in place of the file is known to the next one."""
    before = snapshot(tree)
    for change in itertools.count():
        applied(tree, *chain(tree, kinds))
        killed = dies_before(change, rollback.rollback)
        (newest, *_) = runs.list_runs()
        if newest.state != runs.BACK:
            (done,) = rollback.rollback(newest.id)
            assert done.refused == (), f"killed before change {change}"
        assert snapshot(tree) == before, f"killed before change {change}"
        if not killed:
            break
    assert change > 20


@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=7), seed=st.integers(0, 2**16), kill=st.booleans(),
    kill_back=st.booleans(), place=st.sampled_from(FILE_SYSTEMS),
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_chain_is_taken_back(
    places: dict[str, str], place: str, kinds: list[str], seed: int, *, kill: bool, kill_back: bool
) -> None:
    """Whatever its steps and wherever it, its rollback or both were killed."""
    tree, chance = planted(places[place]), random.Random(seed)
    try:
        before = snapshot(tree)
        acts = chain(tree, tuple(kinds))
        if kill:
            dies_before(chance.randrange(10 * len(acts) + 1), lambda: applied(tree, *acts))
        else:
            applied(tree, *acts)
        if kill_back:
            dies_before(chance.randrange(8 * len(acts) + 1), rollback.rollback)
        for done in rollback.rollback():
            assert done.refused == (), (kinds, acts)
        assert snapshot(tree) == before, kinds
    finally:
        shutil.rmtree(tree)
