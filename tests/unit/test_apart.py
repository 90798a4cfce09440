"""host/apart.py and host/sandbox.py: a program of the app runs as its user and leaves no trace."""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

import pytest

from liveproof.host.apart import Apart, run_apart
from liveproof.host.command import Identity

_ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not _ROOT, reason="only root may become another user and mount")


def somebody() -> Identity:
    """Another user than root; ourselves when we are none."""
    if not _ROOT:
        return Identity(os.geteuid(), os.getegid(), ())
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid, ())


def sh(
    script: str, *, trees: Sequence[str] = (), reads: Sequence[str] = (), timeout: float = 10.0, cwd: str = "/"
) -> Apart:
    """A shell script as that user; ``$1`` is its private directory."""
    return run_apart(
        ["/bin/sh", "-c", script, "sh", "{out}"],
        identity=somebody(), env={}, cwd=cwd, trees=trees, reads=reads, given={"given": b"content"}, timeout=timeout,
    )  # fmt: skip


def test_files_go_in_and_out() -> None:
    """What is given stands there, what is written comes back."""
    done = sh('cat "$1/given"; echo made >"$1/made"')
    assert (done.ran.out, done.files["made"]) == (b"content", b"made\n")


def test_only_regular_files_come_back(tmp_path: Path) -> None:
    """A link to something secret is not followed, a FIFO is not waited for."""
    (tmp_path / "secret").write_text("secret")
    done = sh(f'ln -s {tmp_path}/secret "$1/link"; mkfifo "$1/fifo"; mkdir "$1/dir"')
    assert set(done.files) == {"given"}


def test_the_private_directory_is_gone_afterwards() -> None:
    """Whatever was made in it."""
    done = sh('mkdir -p "$1/a/b"; chmod 0 "$1/a/b"; printf %s "$1"')
    assert done.ran.text
    assert not os.path.exists(os.path.dirname(done.ran.text))


def test_a_program_that_does_not_end_is_killed() -> None:
    """After its time."""
    assert sh("sleep 60", timeout=0.5).ran.timed_out


@pytest.mark.parametrize("uid", [0, -1])
def test_code_of_an_app_never_runs_as_root(uid: int) -> None:
    """To setresuid(2) -1 means: stay who you are."""
    with pytest.raises(PermissionError):
        run_apart(
            ["/bin/true"], identity=Identity(uid, 1, ()), env={}, cwd="/", trees=[], reads=[], given={}, timeout=5
        )  # fmt: skip


@root_only
def test_it_runs_as_the_user_without_a_way_back() -> None:
    """No capability is left, and set-user-id programs do not count."""
    said = sh("id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status").ran.text.split()
    assert said == [str(somebody().uid), "CapEff:", "0000000000000000", "NoNewPrivs:", "1"]


@root_only
def test_what_it_writes_into_a_tree_vanishes(tmp_path: Path) -> None:
    """It sees its own writing, and nobody else does."""
    tree = tmp_path / "tree with, odd:name"
    tree.mkdir()
    for directory in (*tmp_path.parents, tmp_path):
        if directory.stat().st_uid == 0 and str(directory).startswith("/tmp/pytest"):
            directory.chmod(0o755)
    tree.chmod(0o777)
    done = sh("echo x >made && cat made", trees=[str(tree)], cwd=str(tree))
    assert done.ran.text == "x\n"
    assert list(tree.iterdir()) == []


@root_only
def test_what_it_cannot_read_stops_it(tmp_path: Path) -> None:
    """An .env that cannot be read would be taken for one that is not there."""
    (tmp_path / ".env").write_text("A=1")
    (tmp_path / ".env").chmod(0o600)
    done = sh("echo ran", reads=[f"{tmp_path}/.env"])
    assert done.ran.status == 96
    assert b"ran" not in done.ran.out
