"""One walk of a tree: complete, and unharmed by what lies in it."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from liveproof.host.child_process import forked
from liveproof.host.files import walk as walking
from liveproof.host.files.dir_handles import Descent
from liveproof.host.files.walk import Layout, Walked, walk

NEWLINE = "a\nb.php"
BYTES = os.fsdecode(b"caf\xe9\xff.php")


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share even a small tree between two processes."""
    monkeypatch.setattr(walking, "_ALONE", 1)
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor: a tree is never shared")


def see(root: Path, layout: Layout | None = None) -> Walked:
    return walk(str(root), layout or Layout(), 30.0)


def paths(walked: Walked, kind: int | None = None) -> Counter[str]:
    return Counter(
        name if directory == "." else f"{directory}/{name}"
        for (_, mode, *_), groups in walked.classes.items()
        for directory, names in groups
        for name in names.split("/")
        if kind is None or stat.S_IFMT(mode) == kind
    )


def build(root: Path, files: int = 200) -> set[str]:
    """Some directories with some files each; returns every path below the root."""
    made = set()
    for at in range(files):
        directory = root / f"d{at % 7}" / f"e{at % 3}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"f{at}.php").write_text("<?php")
        made |= {f"d{at % 7}", f"d{at % 7}/e{at % 3}", f"d{at % 7}/e{at % 3}/f{at}.php"}
    return made


def test_tells_every_entry_once(tmp_path: Path) -> None:
    """Alone."""
    made = build(tmp_path)
    assert paths(see(tmp_path)) == Counter([".", *made])


@pytest.mark.usefixtures("split")
def test_two_processes_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared: nothing twice, nothing lost, times and sums equal."""
    build(tmp_path, 3000)
    shared = see(tmp_path)
    monkeypatch.setattr(walking, "_ALONE", 10**9)
    alone = see(tmp_path)
    assert paths(shared) == paths(alone)
    assert {s: (t[0], t[2], t[4], t[5]) for s, t in shared.times.items()} == {
        s: (t[0], t[2], t[4], t[5]) for s, t in alone.times.items()
    }


def test_classes_hold_mode_owner_and_links(tmp_path: Path) -> None:
    """Like entries are one class; a second name for a file makes another one."""
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o640)
    os.link(tmp_path / "c", tmp_path / "e")
    classes = {key: groups for key, groups in see(tmp_path).classes.items() if stat.S_ISREG(key[1])}
    assert {
        (mode & 0o7777, linked, len(groups[0][1].split("/"))) for (_, mode, _, _, linked), groups in classes.items()
    } == {
        (0o640, False, 3),
        (0o640, True, 2),
    }


def test_hostile_names_and_kinds(tmp_path: Path) -> None:
    """Newlines, bytes that are no UTF-8, FIFOs, sockets and loops of links are told and never opened."""
    (tmp_path / NEWLINE).write_text("")
    (tmp_path / BYTES).write_text("")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        (tmp_path / "round").symlink_to("round")
        (tmp_path / "up").symlink_to("..")
        (tmp_path / "gone").symlink_to("/nowhere/at/all")
        walked = see(tmp_path)
    assert set(paths(walked)) == {".", NEWLINE, BYTES, "fifo", "socket", "round", "up", "gone"}
    assert dict(walked.links) == {"round": "round", "up": "..", "gone": "/nowhere/at/all"}
    assert set(paths(walked, stat.S_IFIFO)) == {"fifo"}
    assert set(paths(walked, stat.S_IFSOCK)) == {"socket"}


@pytest.mark.usefixtures("split")
def test_hostile_names_pass_between_processes(tmp_path: Path) -> None:
    """What is no UTF-8 comes back from the second process as it was."""
    for at in range(40):
        (tmp_path / f"d{at}").mkdir()
        (tmp_path / f"d{at}" / BYTES).write_text("")
        (tmp_path / f"d{at}" / NEWLINE).write_text("")
    found = paths(see(tmp_path))
    assert all(found[f"d{at}/{name}"] == 1 for at in range(40) for name in (BYTES, NEWLINE))


def test_deeper_than_descriptors_reach(tmp_path: Path) -> None:
    """Six hundred directories inside each other, each with a sibling, cost no more descriptors than we may have."""
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(600):
            os.mkdir("d", dir_fd=here)
            os.mkdir("e", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    before = len(os.listdir("/proc/self/fd"))
    assert sum(paths(see(tmp_path)).values()) == 1201
    assert len(os.listdir("/proc/self/fd")) == before


def test_deeper_than_a_path_can_name(tmp_path: Path) -> None:
    """What no path can name is told as unreadable, and does not cost endless memory."""
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(30):
            os.mkdir("n" * 200, dir_fd=here)
            below = os.open("n" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    walked = see(tmp_path)
    assert [why for _, why in walked.unreadable] == ["deeper than a path can name"]
    subprocess.run(["rm", "-rf", "--", str(tmp_path)], check=True)


def test_survives_entries_that_come_and_go(tmp_path: Path) -> None:
    """A process that makes and removes directories while we walk costs neither an error nor a file that stays."""
    made = build(tmp_path, 400)
    racing = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, shutil, itertools\n"  # noqa: ISC004  (one program, line by line)
            f"os.chdir({str(tmp_path)!r})\n"
            "print('go', flush=True)\n"
            "for n in itertools.count():\n"
            " os.makedirs(f'x{n % 5}/y/z', exist_ok=True); open(f'x{n % 5}/y/z/f', 'w').close()\n"
            " shutil.rmtree(f'x{n % 5}') if n % 2 else os.rename(f'x{n % 5}', f'w{n}') or shutil.rmtree(f'w{n}')\n",
        ],
        stdout=subprocess.PIPE,
    )
    assert racing.stdout
    racing.stdout.readline()
    try:
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            walked = see(tmp_path)
            assert made <= set(paths(walked))
            assert walked.unreadable == []
    finally:
        racing.kill()
        racing.wait()
        racing.stdout.close()


def test_a_link_put_in_a_directorys_place_is_not_followed(tmp_path: Path) -> None:
    """Between reading a name and opening it, somebody may put a link there."""
    (tmp_path / "app").mkdir()
    (tmp_path / "outside/secret").mkdir(parents=True)
    (tmp_path / "app/d").symlink_to(tmp_path / "outside")
    root = os.open(tmp_path / "app", os.O_RDONLY)
    descent = Descent(root)
    try:
        with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
            descent.open("d/secret")
    finally:
        descent.close()
        os.close(root)


def test_sections_are_handed_down(tmp_path: Path) -> None:
    """A start begins a section for itself and all below; what is ignored is told and not looked into."""
    for path in (
        "app/x.php",
        "vendor/a/b.php",
        "bootstrap/app.php",
        "bootstrap/cache/c.php",
        "skip/me/f",
        "app/vendor/x",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    layout = Layout({"vendor": "vendor", "bootstrap/cache": "cache"}, lambda path: path == "skip")
    sections: dict[str, set[str]] = {}
    for (section, *_), groups in see(tmp_path, layout).classes.items():
        for directory, names in groups:
            sections.setdefault(section, set()).update(
                name if directory == "." else f"{directory}/{name}" for name in names.split("/")
            )
    assert sections == {
        "vendor": {"vendor", "vendor/a", "vendor/a/b.php"},
        "cache": {"bootstrap/cache", "bootstrap/cache/c.php"},
        "ignored": {"skip"},
        "code": {".", "app", "app/x.php", "app/vendor", "app/vendor/x", "bootstrap", "bootstrap/app.php"},
    }


def test_a_start_that_is_a_link_is_walked_under_its_own_path(tmp_path: Path) -> None:
    """The shared storage of a release."""
    (tmp_path / "shared/storage/logs").mkdir(parents=True)
    (tmp_path / "shared/storage/logs/laravel.log").write_text("")
    release = tmp_path / "releases/1"
    release.mkdir(parents=True)
    (release / "storage").symlink_to("../../shared/storage")
    walked = see(release, Layout({"storage": "storage"}))
    assert set(paths(walked)) == {".", "storage", "storage/logs", "storage/logs/laravel.log"}
    assert walked.followed == [("storage", str(tmp_path / "shared/storage"))]


@pytest.mark.parametrize("target", [".", "..", "/", "/proc", "/proc/self/root", "inner", "nowhere", "storage"])
def test_a_start_that_leads_astray_is_not_followed(tmp_path: Path, target: str) -> None:
    """Round in a circle, to where we are already, to the kernel's file systems, or nowhere."""
    (tmp_path / "app/inner").mkdir(parents=True)
    (tmp_path / "app/storage").symlink_to(target)
    walked = see(tmp_path / "app", Layout({"storage": "storage"}))
    assert walked.followed == []
    assert set(paths(walked)) == {".", "inner", "storage"}


def test_newest_entries_are_named(tmp_path: Path) -> None:
    """By mtime, which anybody can set; entries older than 1970 included."""
    for name, mtime in (("old", -5), ("new", 10**9), ("middle", 10**6)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (mtime, mtime))
    os.utime(tmp_path, (0, 0))
    mtime, path, *_ = see(tmp_path).times["code"]
    assert (mtime, path) == (10**18, "new")


def test_a_directory_of_many_names_is_told_in_parts(tmp_path: Path) -> None:
    """Its names are never all held apart at once; none is lost at the seams."""
    for at in range(9000):
        os.close(os.open(tmp_path / f"f{at}", os.O_CREAT | os.O_WRONLY))
    walked = see(tmp_path)
    assert sum(paths(walked).values()) == 9001
    assert max(names.count("/") for groups in walked.classes.values() for _, names in groups) < 4096


def test_gives_up_in_time(tmp_path: Path) -> None:
    """With a sentence that says what to do."""
    build(tmp_path)
    with pytest.raises(TimeoutError, match="ignore"):
        walk(str(tmp_path), Layout(), -1.0)


def test_gives_up_a_file_system_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network file system the walk is another process, which can be killed."""
    monkeypatch.setattr(walking, "hangs", lambda _: True)
    monkeypatch.setattr(walking, "_walk", lambda *_: time.sleep(60))
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        walk(str(tmp_path), Layout(), 0.2)
    assert time.monotonic() - started < 5


def test_the_same_from_a_process_that_can_be_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which for a large tree starts one of its own."""
    build(tmp_path, 500)
    here = paths(see(tmp_path))
    monkeypatch.setattr(walking, "hangs", lambda _: True)
    monkeypatch.setattr(walking, "_ALONE", 1)
    assert paths(see(tmp_path)) == here


def test_no_root(tmp_path: Path) -> None:
    """An error that names it."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        see(tmp_path / "nowhere")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not read")
def test_what_may_not_be_read_is_told() -> None:
    """As another user: the closed directory and why, and all the rest."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        root.chmod(0o755)
        (root / "open").mkdir()
        (root / "closed").mkdir(mode=0o700)

        def as_nobody() -> tuple[list[str], list[tuple[str, str]]]:
            os.setgroups(())
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            walked = see(root)
            return sorted(paths(walked)), walked.unreadable

        assert forked(as_nobody, 10.0) == ([".", "closed", "open"], [("closed", "Permission denied")])
