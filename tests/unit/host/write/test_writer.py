"""The writing door: what it changes, what it refuses, and that nobody can lead it out of a tree."""

import os
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.files import openat2
from liveproof.host.files.snapshot import FOLDER, META, NOTHING, TIMES, WHOLE, Image, look, read_whole, same
from liveproof.host.write import safety, writer
from liveproof.host.write.safety import Gone, LeftAlone

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")

WWW = 33


@pytest.fixture(params=["openat2", "walk"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An open tree, reached with openat2 and, as on kernels without it, name by name."""
    if request.param == "walk":
        monkeypatch.setattr(openat2, "kernel_has_openat2", lambda: False)
    elif not openat2.kernel_has_openat2():
        pytest.skip("this kernel has no openat2(2), or a filter hides it")
    descriptor = openat2.open_root(str(tmp_path))
    yield descriptor
    os.close(descriptor)


def test_owner_and_mode_change_and_times_stay(root: int, tmp_path: Path) -> None:
    """An owner's change leaves content and mtime alone."""
    (tmp_path / "a").write_text("x")
    os.utime(tmp_path / "a", ns=(1, 2))
    after = writer.change(root, look(root, "a"), uid=WWW, gid=WWW, mode=0o640)
    assert (after.uid, after.gid, after.mode, after.mtime) == (WWW, WWW, 0o640, 2)
    assert same(after, look(root, "a"))


def test_a_link_is_given_away_itself(root: int, tmp_path: Path) -> None:
    """The owner of a symbolic link changes; what it points to is not touched."""
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to("target")
    writer.change(root, look(root, "link"), uid=WWW, gid=WWW)
    assert (tmp_path / "link").lstat().st_uid == WWW
    assert (tmp_path / "target").stat().st_uid == 0


@pytest.mark.parametrize("path", ["out/secret", "loop/secret", "inside/../../secret", "/etc/passwd", "a//b", "./a", ""])
def test_no_path_leads_out(root: int, tmp_path: Path, path: str) -> None:
    """Links on the way, dots, absolute and empty names are refused by name."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    (tmp_path / "inside").mkdir()
    (tmp_path / "out").symlink_to(outside)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match=r"\[Errno (20|22|40)\]"):
        look(root, path)


def test_a_root_behind_a_link_is_refused(tmp_path: Path) -> None:
    """The root directory itself holds no link in any part."""
    (tmp_path / "real").mkdir()
    (tmp_path / "current").symlink_to("real")
    with pytest.raises(OSError, match=r"\[Errno (20|40)\]"):
        openat2.open_root(str(tmp_path / "current"))
    os.close(openat2.open_root(str(tmp_path / "real")))


def test_hard_links_are_refused(root: int, tmp_path: Path) -> None:
    """A file with a second name stands elsewhere too: it might be /etc/shadow."""
    (tmp_path / "shadow").write_text("x")
    os.link(tmp_path / "shadow", tmp_path / "storage")
    with pytest.raises(LeftAlone, match="2 hard links"):
        writer.change(root, look(root, "storage"), uid=WWW, gid=WWW)
    with pytest.raises(LeftAlone, match="2 hard links"):
        safety.survey(root, "storage")
    assert (tmp_path / "shadow").stat().st_uid == 0


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6644])
def test_privileged_files_are_refused(root: int, tmp_path: Path, mode: int) -> None:
    """A setuid or setgid file is not given away."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(mode)
    with pytest.raises(LeftAlone, match="setuid or setgid"):
        writer.change(root, look(root, "a"), uid=WWW)
    assert (tmp_path / "a").stat().st_mode & 0o7777 == mode


def test_no_file_becomes_privileged(root: int, tmp_path: Path) -> None:
    """No file gets the setuid bit, whatever a plan says; a directory may get setgid."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "d").mkdir()
    with pytest.raises(LeftAlone, match="would become setuid"):
        writer.change(root, look(root, "a"), mode=0o4755)
    assert writer.change(root, look(root, "d"), uid=WWW, gid=WWW, mode=0o2775).mode == 0o2775
    assert writer.change(root, look(root, "d"), uid=0, gid=0).mode == 0o2775


def test_what_changed_since_it_was_seen_is_left_alone(root: int, tmp_path: Path) -> None:
    """Another inode, owner or mode than was seen: not touched."""
    (tmp_path / "a").write_text("x")
    seen = look(root, "a")
    (tmp_path / "b").write_text("y")
    os.rename(tmp_path / "b", tmp_path / "a")
    with pytest.raises(LeftAlone, match="was changed"):
        writer.change(root, seen, uid=WWW)
    seen = look(root, "a")
    (tmp_path / "a").chmod(0o600)
    with pytest.raises(LeftAlone, match="was changed"):
        writer.change(root, seen, uid=WWW)
    seen = look(root, "a")
    (tmp_path / "a").unlink()
    with pytest.raises(Gone):
        writer.change(root, seen, uid=WWW)


@pytest.mark.parametrize(("flag", "word"), [("i", "immutable"), ("a", "append-only")])
def test_flagged_files_are_told(root: int, tmp_path: Path, flag: str, word: str) -> None:
    """An immutable or append-only file is refused with the command that takes the flag away."""
    (tmp_path / "a").write_text("x")
    if subprocess.run(["chattr", f"+{flag}", tmp_path / "a"], check=False, capture_output=True).returncode:
        pytest.skip("this file system has no such flags")
    try:
        with pytest.raises(LeftAlone, match=f"{word}.*chattr -{flag}"):
            safety.survey(root, "a")
    finally:
        subprocess.run(["chattr", f"-{flag}", tmp_path / "a"], check=True)


def test_read_only_mounts_are_told(tmp_path: Path) -> None:
    """A read-only mount is refused before anything is tried."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a").write_text("x")
    if subprocess.run(["mount", "--bind", "-r", tmp_path / "m", tmp_path / "m"], check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        descriptor = openat2.open_root(str(tmp_path / "m"))
        with pytest.raises(LeftAlone, match="read-only"):
            safety.survey(descriptor, "a")
        with pytest.raises(LeftAlone, match="read-only"):
            safety.refuse_unsafe_place(descriptor, Image("new", META))
        os.close(descriptor)
    finally:
        subprocess.run(["umount", tmp_path / "m"], check=True)


def test_files_are_replaced_whole(root: int, tmp_path: Path) -> None:
    """Content, owner, mode, times and attributes come at once; nothing else stays in the directory."""
    (tmp_path / "a").write_text("old")
    seen = read_whole(root, "a")
    wanted = replace(seen, uid=WWW, gid=WWW, mode=0o640, mtime=5, atime=4, attributes=(("user.liveproof", "31"),))
    after = writer.put_file(root, seen, wanted, [b"n", b"ew"], ".t")
    assert (tmp_path / "a").read_text() == "new"
    assert (after.uid, after.mode, after.mtime) == (WWW, 0o640, 5)
    assert os.getxattr(tmp_path / "a", "user.liveproof") == b"1"
    assert os.listdir(tmp_path) == ["a"]


def _access_list(user: int) -> bytes:
    """An ACL that lets one more user read and write (acl(5), linux/posix_acl_xattr.h)."""
    nobody = 0xFFFFFFFF
    entries = ((0x01, 6, nobody), (0x02, 6, user), (0x04, 4, nobody), (0x10, 6, nobody), (0x20, 4, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def test_access_lists_come_back_and_inherited_ones_go(root: int, tmp_path: Path) -> None:
    """A file put back has exactly the ACL that it had, not the one its directory hands down."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    try:
        os.setxattr(tmp_path / "a", "system.posix_acl_access", _access_list(33))
    except OSError:
        pytest.skip("this file system has no access lists")
    with_list, without = read_whole(root, "a"), read_whole(root, "b")
    os.setxattr(tmp_path, "system.posix_acl_default", _access_list(34))
    for seen in (with_list, without):
        (tmp_path / seen.path).unlink()
        after = writer.put_file(root, Image(seen.path, WHOLE), seen, [b"x"], ".t")
        assert after.attributes == seen.attributes
        assert after.mode == seen.mode
    assert with_list.attributes
    assert not without.attributes


def test_a_failed_write_leaves_the_old_file(root: int, tmp_path: Path) -> None:
    """When the content ends in an error, the old file stands and no temporary one stays."""
    (tmp_path / "a").write_text("old")

    def content() -> Iterator[bytes]:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        writer.put_file(root, read_whole(root, "a"), look(root, "a"), content(), ".t")
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_edited_meanwhile_is_not_replaced(root: int, tmp_path: Path) -> None:
    """Somebody else's edit between look and write wins."""
    (tmp_path / "a").write_text("old")
    seen = read_whole(root, "a")
    (tmp_path / "a").write_text("edited")
    with pytest.raises(LeftAlone, match="was changed"):
        writer.put_file(root, seen, seen, [b"new"], ".t")
    assert (tmp_path / "a").read_text() == "edited"


def test_links_are_pointed_at_once(root: int, tmp_path: Path) -> None:
    """The link gets its target, owner and times, and the old one gives way in one rename."""
    (tmp_path / "current").symlink_to("releases/1")
    seen = look(root, "current", WHOLE)
    wanted = replace(seen, target="releases/2", uid=WWW, gid=WWW, mtime=7, atime=7)
    after = writer.put_link(root, seen, wanted, ".t")
    assert os.readlink(tmp_path / "current") == "releases/2"
    assert (after.uid, after.mtime) == (WWW, 7)
    assert os.listdir(tmp_path) == ["current"]


def test_directories_are_made_and_removed(root: int, tmp_path: Path) -> None:
    """A new directory has owner and mode as told whatever its parent hands down; only an empty one is removed."""
    tmp_path.chmod(0o2755)
    made = writer.make_directory(root, "d", WWW, WWW, 0o750)
    assert (made.kind, made.uid, made.mode) == (FOLDER, WWW, 0o750)
    with pytest.raises(LeftAlone, match="come into being"):
        writer.make_directory(root, "d", 0, 0, 0o755)
    (tmp_path / "d" / "x").write_text("x")
    with pytest.raises(LeftAlone, match="holds files"):
        writer.remove(root, made)
    (tmp_path / "d" / "x").unlink()
    writer.remove(root, made)
    assert look(root, "d").kind == NOTHING


def test_directory_times_are_set(root: int, tmp_path: Path) -> None:
    """A directory's times are put back on the very directory that was seen."""
    (tmp_path / "d").mkdir()
    writer.set_times(root, look(root, "d", TIMES), mtime=11, atime=10)
    assert (tmp_path / "d").stat().st_mtime_ns == 11
    seen = look(root, "d", TIMES)
    (tmp_path / "keeps the inode in use").mkdir()
    (tmp_path / "d").rename(tmp_path / "old")
    (tmp_path / "d").mkdir()
    with pytest.raises(LeftAlone, match="another directory"):
        writer.set_times(root, seen, mtime=1, atime=1)


def test_leftovers_of_a_crash_are_swept(root: int, tmp_path: Path) -> None:
    """Temporary files of this run go; others stay."""
    for name in (".liveproof-ab-1", ".liveproof-cd-1", "a"):
        (tmp_path / name).write_text("x")
    assert writer.sweep(root, ".", ".liveproof-ab-") == 1
    assert sorted(os.listdir(tmp_path)) == [".liveproof-cd-1", "a"]


def test_devices_and_pipes_are_not_opened(root: int, tmp_path: Path) -> None:
    """A FIFO changes its owner without being opened, so nothing waits for a writer."""
    os.mkfifo(tmp_path / "fifo")
    assert writer.change(root, look(root, "fifo"), uid=WWW).uid == WWW
    assert read_whole(root, "fifo").sha256 == ""


def test_hostile_names_are_only_names(root: int, tmp_path: Path) -> None:
    """Newlines, quotes and bytes that are not UTF-8 are names like any other."""
    for name in ("new\nline", "quo'te", os.fsdecode(b"\xff\xfe"), "-rf", "*"):
        (tmp_path / name).write_text("x")
        assert writer.change(root, look(root, name), uid=WWW).uid == WWW


def test_a_racing_user_leads_root_nowhere(root: int, tmp_path: Path) -> None:
    """While a user swaps files and directories for links as fast as it can, nothing outside is ever touched."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    secret = outside / "logs"
    secret.write_text("secret")
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "logs").write_text("x")
    over = threading.Event()
    swaps = 0

    def race() -> None:
        nonlocal swaps
        while not over.is_set():
            os.rename(tmp_path / "storage", tmp_path / "aside")
            os.symlink(outside, tmp_path / "storage")
            os.unlink(tmp_path / "storage")
            os.rename(tmp_path / "aside", tmp_path / "storage")
            os.rename(tmp_path / "storage/logs", tmp_path / "storage/aside")
            os.symlink(secret, tmp_path / "storage/logs")
            os.unlink(tmp_path / "storage/logs")
            os.rename(tmp_path / "storage/aside", tmp_path / "storage/logs")
            swaps += 1

    attacker = threading.Thread(target=race)
    attacker.start()
    changed = refused = 0
    until = time.monotonic() + 1.5
    try:
        while time.monotonic() < until:
            try:
                seen = look(root, "storage/logs")
                uid = WWW if seen.uid == 0 else 0
                writer.change(root, seen, uid=uid, gid=uid, mode=-1 if seen.kind == "l" else 0o640)
                changed += 1
            except (LeftAlone, OSError):
                refused += 1
    finally:
        over.set()
        attacker.join()
    assert changed
    assert refused
    assert swaps > 100
    assert (secret.stat().st_uid, secret.stat().st_mode & 0o777) == (0, 0o644)
    assert outside.stat().st_uid == 0
