"""run_isolated.py, supervisor.py, sandbox.py: a program of the app runs as its user and leaves no trace."""

import os
import pwd
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from liveproof.host.child_process import forked
from liveproof.host.isolation.leftovers import mark
from liveproof.host.isolation.run_isolated import Apart, TooMuch, run_apart, sweep
from liveproof.host.isolation.supervisor import CANNOT_START, Keeper, plain
from liveproof.host.process.command import Identity

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
    assert not os.path.exists(done.ran.text)


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


def test_nothing_that_it_starts_is_left() -> None:
    """However its children part from it; and one that keeps the output open costs no time."""
    done = sh("for i in 1 2 3; do setsid sleep 7213 & done; (setsid setsid sleep 7213 &) & echo said", timeout=20)
    assert done.ran.text == "said\n"
    assert not done.ran.timed_out
    assert "sleep\x007213" not in _running()


def test_nothing_is_left_without_a_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper is the subreaper of all of them."""
    monkeypatch.setattr("liveproof.host.isolation.supervisor.Group", _no_group)
    sh("for i in 1 2 3; do setsid sleep 7214 & done; (setsid setsid sleep 7214 &) & sleep 30", timeout=0.5)
    assert "sleep\x007214" not in _running()


def test_who_is_killed_leaves_nothing_at_work() -> None:
    """The keeper sees that we are gone, and takes the program with it."""
    child = os.fork()
    if child == 0:
        sh("setsid sleep 7215 & sleep 7215", timeout=60)
        os._exit(0)
    _until(lambda: "sleep\x007215" in _running())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    _until(lambda: "sleep\x007215" not in _running())


def test_it_does_not_start_where_who_wants_it_is_gone(tmp_path: Path) -> None:
    """Before the program is looked after nobody would end it."""
    lifeline, ours = os.pipe()
    os.close(ours)
    made = tmp_path / "made"

    def work() -> object:
        keeper = Keeper(lifeline)
        with keeper.at_work():
            return plain(
                keeper.run(
                    ["/bin/sh", "-c", f"sleep 5; touch {made}"],
                    identity=Identity(os.geteuid(), os.getegid(), tuple(os.getgroups())),
                    env={}, cwd="/", timeout=20,
                )
            )  # fmt: skip

    status = forked(work, 10)[0]
    assert status != 0
    assert not made.exists()


def test_the_program_does_not_start_under_another_parent(tmp_path: Path) -> None:
    """Between fork(2) and prctl(2) the keeper may be killed, and then no signal would come."""
    made = tmp_path / "made"
    lifeline, ours = os.pipe()

    def work() -> int:
        middle = os.fork()
        if middle == 0:
            keeper = Keeper(lifeline)
            keeper.start(
                ["/usr/bin/touch", str(made)], Identity(os.geteuid(), os.getegid(), tuple(os.getgroups())), {}, cwd="/",
                umask=0o22, before=lambda: None, outputs=(1, 2), keeper=os.getppid() + 1, privileges=True,
            )  # fmt: skip
        return os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1])

    assert forked(work, 10) == CANNOT_START
    assert not made.exists()
    os.close(lifeline)
    os.close(ours)


@root_only
def test_what_it_hands_back_is_bounded() -> None:
    """It is cut off, and that is said; the results never lie on the host's own file systems."""
    before = os.listdir("/run/liveproof") if os.path.isdir("/run/liveproof") else []
    with pytest.raises(TooMuch, match="64 MB"):
        sh('for i in 1 2 3 4 5 6 7 8 9; do head -c 15000000 /dev/zero >"$1/$i"; done')
    with pytest.raises(TooMuch, match="16 MB"):
        sh('truncate -s 1G "$1/hole"')
    with pytest.raises(TooMuch, match="4096 files"):
        sh('i=0; while [ $i -lt 4200 ]; do : >"$1/$i"; i=$((i+1)); done')
    assert os.listdir("/run/liveproof") == before


def test_without_mounts_it_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is watched while it writes."""
    monkeypatch.setattr("liveproof.host.isolation.run_isolated.isolate", lambda *_: None)
    with pytest.raises(TooMuch, match="64 MB"):
        sh('for i in 1 2 3 4 5 6 7 8 9; do head -c 15000000 /dev/zero >"$1/$i"; done; sleep 30')


def test_what_killed_runs_left_is_removed(tmp_path: Path) -> None:
    """Only where the process that made it has ended."""
    ours, theirs = tmp_path / f"liveproof-{mark()}-x", tmp_path / f"liveproof-4194999-1-{mark().split('-')[2]}-x"
    for directory in (ours, theirs, tmp_path / "liveproof-notes"):
        (directory / "out").mkdir(parents=True)
        (directory / "out/config.php").write_text("secret")
    sweep(str(tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted((ours, tmp_path / "liveproof-notes"))


def _no_group() -> None:
    raise FileNotFoundError


def _running() -> str:
    lines = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                lines.append(Path(f"/proc/{name}/cmdline").read_text(errors="replace"))
    return "\n".join(lines)


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)
