"""A file is trusted only when nobody else could have written it or put it there."""

import os
from pathlib import Path

import pytest

from liveproof.host.files import trusted

OTHER = 54321


@pytest.fixture
def etc(tmp_path_factory):
    """A directory of ours; what lies above it is trusted for these tests only if it really is."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another user")
    return tmp_path_factory.mktemp("etc")


def read(path: Path) -> bytes:
    return trusted.read(str(path), limit=100)[0]


def test_a_file_of_ours_is_read(etc):
    """Directories of root, mode 0755 or stricter, sticky ones such as /tmp included."""
    (etc / "a").write_bytes(b"x" * 200)
    assert read(etc / "a") == b"x" * 100


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(etc, mode):
    """Group and everyone alike; an ACL that lets somebody write shows in the group bits."""
    (etc / "a").write_text("")
    (etc / "a").chmod(mode)
    with pytest.raises(trusted.Untrusted, match="may write the file"):
        read(etc / "a")


def test_a_file_of_another_user_is_refused(etc):
    """Its owner may write it whatever its mode."""
    (etc / "a").write_text("")
    os.chown(etc / "a", OTHER, 0)
    with pytest.raises(trusted.Untrusted, match=f"belongs to {OTHER}"):
        read(etc / "a")


@pytest.mark.parametrize(("uid", "mode"), [(OTHER, 0o755), (0, 0o777), (0, 0o775)])
def test_a_parent_that_others_may_write_is_refused(etc, uid, mode):
    """They could rename the file away and put their own there."""
    parent = etc / "parent"
    (parent / "below").mkdir(parents=True)
    (parent / "below" / "a").write_text("")
    os.chown(parent, uid, 0)
    parent.chmod(mode)
    with pytest.raises(trusted.Untrusted, match=r"directory.*use a place that only root can write") as refused:
        read(parent / "below" / "a")
    # It may be somebody's home, or shared by a team.
    assert "chown" not in str(refused.value)
    assert "chmod" not in str(refused.value)


def test_a_sticky_parent_is_trusted_with_what_is_ours(etc):
    """Nobody can rename or remove there what is not theirs."""
    (etc / "a").write_text("ours")
    etc.chmod(0o1777)
    assert read(etc / "a") == b"ours"


def test_links_are_followed_and_judged(etc):
    """The link's own owner and the directories that it leads through count."""
    (etc / "far").mkdir()
    (etc / "far" / "a").write_text("ours")
    (etc / "link").symlink_to("far/../far/a")
    (etc / "absolute").symlink_to(etc / "link")
    assert read(etc / "absolute") == b"ours"
    os.chown(etc / "link", OTHER, OTHER, follow_symlinks=False)
    with pytest.raises(trusted.Untrusted, match="symbolic link"):
        read(etc / "absolute")
    os.chown(etc / "link", 0, 0, follow_symlinks=False)
    (etc / "far").chmod(0o777)
    with pytest.raises(trusted.Untrusted, match="far"):
        read(etc / "absolute")


def test_circles_and_odd_files_are_errors(etc):
    """A loop of links, a FIFO, a directory and a missing file end in an error at once."""
    (etc / "loop").symlink_to("loop")
    os.mkfifo(etc / "fifo")
    (etc / "device").symlink_to("/dev/zero")  # nobody is told to take the right to write from it
    for name in ("loop", "fifo", ".", "none", "fifo/x", "device"):
        with pytest.raises(OSError):  # noqa: PT011  (which one is told by its errno)
            read(etc / name)


def test_no_descriptor_is_left_open(etc):
    """Neither by success nor by refusal."""
    (etc / "a").write_text("")
    (etc / "b").symlink_to("a")
    os.chown(etc / "a", OTHER, 0)
    before = len(os.listdir("/proc/self/fd"))
    for name in ("b", "none", "a"):
        with pytest.raises((trusted.Untrusted, OSError)):
            read(etc / name)
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_absolute_path_needs_no_working_directory(etc, tmp_path, monkeypatch):
    """A shell may stand in the release that the deploy has just removed."""
    (etc / "a").write_bytes(b"x")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert read(etc / "a") == b"x"
