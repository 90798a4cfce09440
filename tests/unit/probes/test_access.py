"""What another user may do, asked of the kernel as that user."""

import errno
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.files import immutable
from liveproof.host.process import user_access
from liveproof.host.process.command import Identity
from liveproof.host.process.user_access import READ, SEARCH, WRITE, Answer, ask
from liveproof.host.reader import Reader
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes import access
from liveproof.probes import files as walked

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask what another user may do")

NOBODY = Identity(65534, 65534, (65534,))
UNSEEN = Unknown("not asked")


@pytest.fixture
def tree() -> Iterator[Path]:
    """A directory that others than root can reach."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        root.chmod(0o755)
        yield root


def one(path: Path | str, rights: int, identity: Identity = NOBODY, pid: int = 0) -> Answer:
    (answer,) = ask([(str(path), rights)], identity, pid, 5.0)
    return answer


def allow(path: Path, uid: int, rights: int) -> None:
    """Add an entry for a user to the access list of a file; acl(5), and the kernel's posix_acl_xattr.h for the form."""
    mode = path.stat().st_mode
    owner, named, group, mask, other = 0x01, 0x02, 0x04, 0x10, 0x20
    entries = [
        (owner, mode >> 6 & 7, -1),
        (named, rights, uid),
        (group, mode >> 3 & 7, -1),
        (mask, 7, -1),
        (other, mode & 7, -1),
    ]
    packed = b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + packed)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            pytest.skip("this file system has no access lists")
        raise


@as_root
def test_mode_bits_count(tree: Path) -> None:
    """Owner before group before others, although root may do anything."""
    file = tree / "f"
    file.write_text("")
    file.chmod(0o640)
    assert one(file, READ) is Answer.DENIED
    os.chown(file, 0, 65534)
    assert one(file, READ) is Answer.ALLOWED
    assert one(file, WRITE) is Answer.DENIED
    assert one(file, READ, Identity(1234, 1234, (1234, 65534))) is Answer.ALLOWED
    os.chown(file, 65534, 0)
    file.chmod(0o066)
    assert one(file, READ) is Answer.DENIED


@as_root
def test_parents_count(tree: Path) -> None:
    """A directory that may not be searched hides what is in it, and what is not."""
    (tree / "closed").mkdir(mode=0o700)
    (tree / "closed/f").write_text("")
    assert one(tree / "closed/f", READ) is Answer.DENIED
    assert one(tree / "closed/gone", READ) is Answer.DENIED
    assert one(tree / "gone", READ) is Answer.MISSING
    assert one(tree / "closed", SEARCH) is Answer.DENIED


@as_root
def test_access_lists_count(tree: Path) -> None:
    """They give, and they take."""
    for name, mode, rights in (("given", 0o640, 6), ("taken", 0o644, 0)):
        (tree / name).write_text("")
        (tree / name).chmod(mode)
        allow(tree / name, 65534, rights)
    assert one(tree / "given", WRITE) is Answer.ALLOWED
    assert one(tree / "taken", READ) is Answer.DENIED


@as_root
def test_a_read_only_mount_of_its_process_counts(tree: Path) -> None:
    """In the view of a process with a mount namespace of its own, as a unit's sandbox makes it."""
    tree.chmod(0o777)
    script = f"mount --bind {tree} {tree} && mount -o remount,ro,bind {tree} && echo ready && exec sleep 60"
    with subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            if process.stdout.readline() != b"ready\n":
                pytest.skip("no mount namespace can be had here")
            assert one(tree, WRITE | SEARCH) is Answer.ALLOWED
            assert one(tree, WRITE | SEARCH, pid=process.pid) is Answer.READ_ONLY
            assert one(tree, READ | SEARCH, pid=process.pid) is Answer.ALLOWED
        finally:
            process.kill()


@as_root
def test_hostile_paths(tree: Path) -> None:
    """A circle of links, a FIFO, a name that is no UTF-8: answers, and nobody waits."""
    (tree / "round").symlink_to("round")
    os.mkfifo(tree / "fifo")
    odd = os.fsdecode(bytes(tree) + b"/\xff\n")
    Path(odd).write_text("")
    assert one(tree / "round", READ) is Answer.UNSEEN
    assert one(tree / "fifo", READ) is Answer.ALLOWED
    assert one(odd, READ) is Answer.ALLOWED
    assert one(f"{odd}/x", READ) is Answer.MISSING


@as_root
def test_a_process_that_has_ended() -> None:
    """Is told."""
    with pytest.raises(CannotSee, match="has ended"):
        one("/", READ, pid=2**22 - 1)


@as_root
def test_we_stay_who_we_are(tree: Path) -> None:
    """Only the forked process becomes the other user."""
    one(tree, READ)
    assert (os.geteuid(), os.getegid(), os.getcwd()) == (0, 0, os.getcwd())


def test_a_file_system_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not waited for."""
    monkeypatch.setattr(user_access, "_answer", lambda *_: time.sleep(60))
    started = time.monotonic()
    with pytest.raises(CannotSee, match="does a mount hang"):
        ask([("/", READ)], Identity(os.geteuid(), os.getegid(), ()), 0, 0.2)
    assert time.monotonic() - started < 3.0


def test_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's rights cannot be asked; our own can."""
    monkeypatch.setattr("os.geteuid", lambda: 1234)
    monkeypatch.setattr("os.getegid", lambda: 1234)
    with pytest.raises(CannotSee, match="run liveproof as root"):
        one("/", READ)
    assert one("/", READ, Identity(1234, 1234, (1234,))) is Answer.ALLOWED


def laravel(tree: Path, logs: tuple[str, ...] = ()) -> Laravel:
    return Laravel(
        "10",
        "/usr/bin/php",
        "production",
        False,
        (),
        (),
        (),
        (),
        logs or (f"{tree}/storage/logs/laravel.log",),
    )


def build(tree: Path) -> App:
    """A healthy app of user nobody."""
    for path in (
        "bootstrap/cache", "storage/app/public", "storage/framework/cache/data", "storage/framework/sessions",
        "storage/framework/views", "storage/logs", "app/Http", "config", "tests",
    ):  # fmt: skip
        (tree / path).mkdir(parents=True)
    for path in (
        "artisan",
        "app/Http/A.php",
        "app/Http/B.php",
        "config/app.php",
        "storage/logs/laravel.log",
        "composer.json",
    ):
        (tree / path).write_text("")
    for entry in [tree, *tree.rglob("*")]:
        os.chown(entry, 65534, 65534)
    return App(str(tree), str(tree), "", "nobody", 65534, 65534, (65534,), (), (), laravel=True)


def see(app: App, logs: tuple[str, ...] = ()) -> Access:
    files = walked.probe(Reader(), Settings(), app)
    fpm: Fpm | Absent = Absent("no PHP-FPM")
    return access.probe(
        reader=Reader(),
        settings=Settings(),
        app=app,
        files=files,
        fpm=fpm,
        laravel=laravel(Path(app.path), logs),
        nginx=UNSEEN,
    )


@as_root
def test_a_healthy_app(tree: Path) -> None:
    """Everything that Laravel writes can be written, and all code read."""
    seen = see(build(tree))
    assert [path for path, may in seen.writable if may is not True] == []
    assert (seen.missing, seen.unreadable, seen.read_only) == ((), (), ())
    assert seen.may_write("storage/logs/laravel.log") is True
    assert seen.asked >= 6


@as_root
def test_what_cannot_be_written(tree: Path) -> None:
    """Directories as such, entries that root left below them, and what is missing."""
    app = build(tree)
    os.chown(tree / "bootstrap/cache", 0, 0)
    os.chown(tree / "storage/logs/laravel.log", 0, 0)
    (tree / "storage/framework/cache/data/ab").mkdir()
    (tree / "storage/framework/cache/data/ab/entry").write_text("")
    shutil.rmtree(tree / "storage/framework/views")
    seen = see(app)
    assert {path for path, may in seen.writable if may is False} == {
        "bootstrap/cache",
        "storage/logs/laravel.log",
        "storage/framework/cache/data/ab",
        "storage/framework/cache/data/ab/entry",
    }
    assert seen.missing == ("storage/framework/views",)


@as_root
def test_what_is_not_told_one_by_one_is_counted(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the kernel like the others, up to a bound that is told."""
    app = build(tree)
    monkeypatch.setattr(access, "_EVERY", 4)
    monkeypatch.setattr(access, "_BATCH", 4)
    for number in range(30):
        (tree / f"storage/framework/views/{number}.php").write_text("")
        (tree / f"app/Http/{number}.php").write_text("")
        (tree / f"app/Http/{number}.php").chmod(0)
        os.chown(tree / f"app/Http/{number}.php", 65534, 65534)
        (tree / f"config/{number}.json").write_text("")
        (tree / f"config/{number}.json").chmod(0o600)
    seen = see(app)
    assert (sum(may is False for _, may in seen.writable), seen.more_unwritable) == (4, 26)
    assert (len(seen.unreadable), seen.more_unreadable, seen.more_private, seen.uncounted) == (8, 26, 26, False)
    monkeypatch.setattr(access, "_COUNTED", 12)
    seen = see(app)
    assert (seen.more_unwritable, seen.more_unreadable, seen.uncounted) == (12, 12, True)


@as_root
def test_many_entries_are_listed_whole(tree: Path) -> None:
    """Thousands in many directories, which two processes walk: every look lists the same, so a plan stays as it is."""
    app = build(tree)
    for number in range(6000):
        folder = tree / f"storage/framework/views/{number % 60}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.php").write_text("")
    one, other = see(app), see(app)
    assert sum(may is False for _, may in one.writable) == 6060
    assert (one.writable, one.more_unwritable, one.uncounted) == (other.writable, 0, False)


@as_root
def test_code_that_cannot_be_read(tree: Path) -> None:
    """PHP and JSON and the directories on the way; not tests, credentials, hidden or other files."""
    app = build(tree)
    for path in ("auth.json", "notes.md", "tests/T.php", ".hidden.php", "app/Http/C.php", "package.json"):
        (tree / path).write_text("")
        (tree / path).chmod(0o600)
    os.chown(tree / "config", 0, 0)
    (tree / "config").chmod(0o700)
    assert see(app).unreadable == ("app/Http/C.php", "config", "package.json")


@as_root
def test_code_that_an_access_list_hides(tree: Path) -> None:
    """Mode bits allow it; one of a class denied brings the whole class to be asked."""
    app = build(tree)
    for name in ("A", "B"):
        os.chown(tree / f"app/Http/{name}.php", 0, 0)
        allow(tree / f"app/Http/{name}.php", 65534, 0)
    assert see(app).unreadable == ("app/Http/A.php", "app/Http/B.php")


@as_root
def test_an_app_that_cannot_be_reached(tree: Path) -> None:
    """Its directory itself is what is told."""
    (tree / "app").mkdir()
    app = build(tree / "app")
    tree.chmod(0o700)
    assert see(app).unreadable == (".",)


@as_root
def test_a_log_elsewhere(tree: Path) -> None:
    """By its absolute path; one that is still to be made by its directory."""
    (tree / "app").mkdir()
    (tree / "log").mkdir()
    seen = see(build(tree / "app"), (f"{tree}/log/app.log", f"{tree}/app/storage/logs/x.log", "php://stderr"))
    assert seen.may_write(f"{tree}/log") is False
    assert seen.missing == (f"{tree}/log/app.log", "storage/logs/x.log")


@as_root
def test_an_app_that_is_elsewhere_in_its_processs_view(tree: Path) -> None:
    """Cannot be judged."""
    app = build(tree)
    files = walked.probe(Reader(), Settings(), app)
    shutil.rmtree(tree / "app")
    gone = App("/nowhere/app", *(getattr(app, name) for name in App.__slots__[1:]))
    with pytest.raises(CannotSee, match="/nowhere/app"):
        access.probe(
            reader=Reader(), settings=Settings(), app=gone, files=files, fpm=UNSEEN, laravel=UNSEEN, nginx=UNSEEN
        )


def test_a_user_that_does_not_exist(tree: Path) -> None:
    """Cannot be asked."""
    app = App(str(tree), str(tree), "", "ghost", -1, -1, (), (), (), laravel=True)
    with pytest.raises(CannotSee, match="ghost"):
        see(app)


@as_root
@pytest.mark.parametrize(("flag", "word"), [("i", "is immutable"), ("a", "is append-only")])
def test_what_nobody_can_change(tree: Path, flag: str, word: str) -> None:
    """Of what a plan may want to change: directories that cannot be written, caches, foreign code; with the command."""
    app = build(tree)
    (tree / "bootstrap/cache/config.php").write_text("<?php")
    os.chown(tree / "artisan", 4321, 4321)
    held = [tree / path for path in ("artisan", "bootstrap/cache", "bootstrap/cache/config.php")]
    if subprocess.run(["chattr", f"+{flag}", *held], check=False, capture_output=True).returncode:
        pytest.skip("no such flags on this file system")
    try:
        seen = see(app)
        assert seen.fixed == tuple(
            (str(path), f"{word}; if it should not be: chattr -{flag} {path}") for path in sorted(held)
        )
        assert (seen.may_write("bootstrap/cache") is False) is (flag == "i")
    finally:
        subprocess.run(["chattr", f"-{flag}", *held], check=True)


@as_root
def test_a_mount_that_is_read_only_for_us(tree: Path) -> None:
    """Only in liveproof's own view: the pool may see another one."""
    (tree / "app").mkdir()
    app = build(tree / "app")
    os.chown(tree / "app/artisan", 4321, 4321)
    mount = f"mount --bind {tree} {tree} && mount -o remount,ro,bind {tree}"
    if subprocess.run(["sh", "-c", mount], check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        fixed = dict(see(app).fixed)
    finally:
        subprocess.run(["umount", tree], check=True)
    assert fixed[f"{tree}/app/artisan"] == "lies on a file system that is mounted read-only"
    assert f"{tree}/app/config" not in fixed, "nobody wants to change it"


def test_mounts_are_looked_at_once_for_each_tree() -> None:
    """However many directories lie below it; names that only begin alike are others."""
    assert immutable._tops(["/a/b", "/a", "/a/b/c", "/ab", "/a-b", "/c/d", "/a/b"]) == ["/a", "/a-b", "/ab", "/c/d"]
    assert immutable._tops([]) == []
