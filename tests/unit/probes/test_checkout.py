"""A git work tree on this machine: what is checked out, and what git left there."""

import os
import subprocess
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.reader import Reader
from liveproof.model.facts.checkout import Checkout
from liveproof.probes.checkout import probe
from tests.unit.trees import app

_CLEAN = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def _git(tree: Path, *arguments: str, status: int = 0) -> str:
    command = ("git", "-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "safe.directory=*", *arguments)
    ran = subprocess.run(command, cwd=tree, env=_CLEAN, capture_output=True, text=True, check=False)
    assert ran.returncode == status, ran.stderr
    return ran.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clone that is at the commit of its origin."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    _git(origin, "init", "-q", "-b", "main")
    _commit(origin, "one")
    _git(tmp_path, "clone", "-q", str(origin), str(clone))
    for top in (tmp_path, *tmp_path.parents):
        if top.stat().st_uid == os.geteuid() and top != Path("/tmp"):
            top.chmod(top.stat().st_mode | 0o055)
    return clone


def _commit(tree: Path, text: str) -> None:
    (tree / "file").write_text(text)
    _git(tree, "add", "file")
    _git(tree, "commit", "-q", "-m", text)


def _seen(tree: Path) -> Checkout:
    return probe(Reader(), app(tree))


def test_a_clone_as_it_was_deployed(tree: Path) -> None:
    """Nothing is ahead, unfinished, locked or another's."""
    seen = _seen(tree)
    assert (seen.head, seen.branch) == (_git(tree, "rev-parse", "HEAD"), "main")
    assert (seen.upstream, seen.fetched, seen.ahead) == ("refs/remotes/origin/main", seen.head, False)
    assert (seen.unfinished, seen.locks, seen.foreign, seen.unseen) == ((), (), (), "")


def test_a_fetched_branch_that_is_ahead(tree: Path) -> None:
    """Also where refs are packed; not where HEAD has all of it and more."""
    _commit(tree.parent / "origin", "two")
    _git(tree, "fetch", "-q")
    assert _seen(tree).ahead is True
    _git(tree, "pack-refs", "--all")
    assert _seen(tree).ahead is True
    _git(tree, "merge", "-q", "--ff-only", "origin/main")
    _commit(tree, "three")
    assert _seen(tree).ahead is False


def test_a_commit_without_a_branch_follows_nothing(tree: Path) -> None:
    """As deploys that check out a commit leave it."""
    _commit(tree.parent / "origin", "two")
    _git(tree, "fetch", "-q")
    _git(tree, "checkout", "-q", "--detach")
    seen = _seen(tree)
    assert (seen.branch, seen.upstream, seen.ahead) == ("", "", False)


def test_what_was_not_ended(tree: Path) -> None:
    """A merge with a conflict, then a rebase with one, and a lock."""
    _commit(tree.parent / "origin", "two")
    _commit(tree, "three")
    _git(tree, "fetch", "-q")
    _git(tree, "merge", "-q", "origin/main", status=1)
    assert [one.what for one in _seen(tree).unfinished] == ["merge"]
    _git(tree, "merge", "--abort")
    _git(tree, "rebase", "-q", "origin/main", status=1)
    assert [one.what for one in _seen(tree).unfinished] == ["rebase"]
    (tree / ".git/index.lock").touch()
    assert [os.path.basename(one.path) for one in _seen(tree).locks] == ["index.lock"]


@pytest.mark.parametrize(
    "config",
    [
        '[branch "main"]\n\tremote = ../../x\n\tmerge = refs/heads/../../../etc/shadow\n',
        '[branch "main"]\n\tremote = -x\n\tmerge = refs/heads/main\n',
        '[branch "main"\nremote',
        "\0\xff" * 1000,
        '[branch "other"]\n\tremote = origin\n\tmerge = refs/heads/main\n',
    ],
)
def test_a_hostile_configuration_leads_nowhere(tree: Path, config: str) -> None:
    """What it names is no reference, so that nothing is followed."""
    (tree / ".git/config").write_text(config)
    assert (_seen(tree).upstream, _seen(tree).ahead) == ("", False)


def test_a_hostile_repository_runs_nothing(tree: Path) -> None:
    """Nor where git is asked to compare two commits; what it cannot tell is unknown with the reason."""
    ran = tree.parent / "ran"
    _commit(tree.parent / "origin", "two")
    _git(tree, "fetch", "-q")
    with (tree / ".git/config").open("a") as config:
        config.write(f'[core]\n\tfsmonitor = "touch {ran}"\n\tsshCommand = "touch {ran}"\n\tpager = "touch {ran}"\n')
        config.write(f'[alias]\n\tmerge-base = "!touch {ran}"\n')
    assert _seen(tree).ahead is True
    (tree / ".git/refs/remotes/origin/main").write_text("f" * 40 + "\n")
    seen = _seen(tree)
    assert seen.ahead is None
    assert "cannot compare" in seen.unseen
    assert not ran.exists()


def test_what_is_no_repository(tmp_path: Path) -> None:
    """No .git at all is another thing than one that cannot be read."""
    with pytest.raises(NotThere):
        _seen(tmp_path)
    (tmp_path / ".git").write_text("gitdir: /nonexistent\n")
    with pytest.raises(CannotSee):
        _seen(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners are changed")
def test_owners(tree: Path) -> None:
    """Whose the tree and the repository are, and what a pull of another's left."""
    for path in (tree, tree / ".git"):
        os.chown(path, 33, 33)
    _git(tree, "fetch", "-q")
    assert [path for path, _ in _seen(tree).foreign] == [f"{tree}/.git/FETCH_HEAD", f"{tree}/.git/logs/HEAD"]
    (tree / ".git/FETCH_HEAD").chmod(0o664)
    assert [path for path, _ in _seen(tree).foreign] == [f"{tree}/.git/logs/HEAD"]
    os.chown(tree / ".git", 1, 1)
    seen = _seen(tree)
    assert (seen.owner[0], seen.tree_owner[0], seen.trusted) == (1, 33, False)
