"""store/cache.py and store/directory.py: what earlier runs saw."""

from pathlib import Path

import pytest

from liveproof.store import directory
from liveproof.store.cache import Cache


def test_recalls_what_was_kept(tmp_path: Path) -> None:
    """A value comes back for the signature that it was kept with."""
    cache = Cache(str(tmp_path))
    cache.keep("nginx", "a", {"servers": [1, 2]})
    assert cache.recall("nginx", "a") == {"servers": [1, 2]}


def test_another_signature_recalls_nothing(tmp_path: Path) -> None:
    """What was made from something else was never kept."""
    cache = Cache(str(tmp_path))
    cache.keep("nginx", "a", 1)
    assert cache.recall("nginx", "b") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"signature": "a"'])
def test_damaged_memory_recalls_nothing(tmp_path: Path, content: bytes) -> None:
    """A file cut short or overwritten costs time, never truth."""
    (tmp_path / "nginx.json").write_bytes(content)
    assert Cache(str(tmp_path)).recall("nginx", "a") is None


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Nothing is kept, and nothing fails."""
    cache = Cache(str(tmp_path / "missing"))
    cache.keep("nginx", "a", 1)
    assert cache.recall("nginx", "a") is None


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Keeping leaves one private file and no temporary one."""
    Cache(str(tmp_path)).keep("nginx", "a", 1)
    (kept,) = tmp_path.iterdir()
    assert (kept.name, kept.stat().st_mode & 0o777) == ("nginx.json", 0o600)


def test_state_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """A state directory that others can write could feed us lies."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(directory.UnsafeState):
        directory.ensure(str(tmp_path / "state"))


def test_state_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """A link in place of the state directory leads elsewhere."""
    (tmp_path / "state").symlink_to(tmp_path)
    with pytest.raises(directory.UnsafeState):
        directory.ensure(str(tmp_path / "state"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(30, "Read-only file system", "/state/x/lock"), "/state/x is on a read-only file system"),
        (OSError(30, "Read-only file system", "/state"), "/state/x is on a read-only file system"),
        (OSError(28, "No space left on device"), "/state/x cannot be used (No space left on device)"),
        (directory.UnsafeState("it is a link"), "it is a link"),
        (OSError(13, "Permission denied", "/elsewhere/y"), "/elsewhere/y: Permission denied"),
    ],
)  # fmt: skip
def test_why_the_state_directory_cannot_be_used(monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    """A sentence with the place and what to do, no number of the kernel's."""
    monkeypatch.setenv("LIVEPROOF_STATE", "/state/x")
    told = directory.unusable(error)
    assert words in told
    assert "Errno" not in told
    assert ("LIVEPROOF_STATE" in told) is ("/state/x" in told)


def test_no_advice_changes_the_directory_that_is_named(tmp_path: Path) -> None:
    """It may be a home, or one that many share."""
    tmp_path.chmod(0o777)
    with pytest.raises(directory.UnsafeState, match="LIVEPROOF_STATE name a new one") as refused:
        directory.ensure(str(tmp_path))
    assert "chown" not in str(refused.value)
    assert "chmod" not in str(refused.value)
