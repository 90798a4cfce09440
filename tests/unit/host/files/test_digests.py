"""Content against digests: what differs is found, what is right is not read twice, and nothing is led astray."""

import hashlib
import os
from pathlib import Path

import pytest

from liveproof.host.files import file_state
from liveproof.host.files.digests import Compared, Directory, compare

BYTES = os.fsdecode(b"\xff\n.php")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files made a moment ago count as old."""
    monkeypatch.setattr(file_state, "TICK_NS", 0)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tree(root: Path, files: dict[str, bytes]) -> list[Directory]:
    """Write files and return what they should be."""
    wanted: dict[str, list[tuple[str, str, str]]] = {}
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        directory, _, name = path.rpartition("/")
        wanted.setdefault(directory or ".", []).append((name, "f", sha256(data)))
    return list(wanted.items())


def look(root: Path, wanted: list[Directory], remembered: dict[str, str] | None = None) -> Compared:
    return compare(str(root), wanted, remembered or {}, "sha256")


FILES = {f"d{at % 5}/f{at}": b"x" * at for at in range(50)} | {"top": b"", f"d0/{BYTES}": b"1"}


def test_right_files_are_right(tmp_path: Path) -> None:
    """All of them, counted, and remembered by directory."""
    found = look(tmp_path, tree(tmp_path, FILES))
    assert (found.changed, found.missing, found.unseen, found.count) == ([], [], [], len(FILES))
    assert set(found.right) == {".", "d0", "d1", "d2", "d3", "d4"}


def test_what_differs_is_named(tmp_path: Path) -> None:
    """Another content, no file, no directory."""
    wanted = [*tree(tmp_path, FILES), ("gone/deep", [("f", "f", sha256(b""))])]
    (tmp_path / "d0/f5").write_bytes(b"yyyyy")
    (tmp_path / "d1" / "f1").unlink()
    found = look(tmp_path, wanted)
    assert (found.changed, found.missing) == (["d0/f5"], ["d1/f1", "gone/deep/f"])
    assert found.count == len(FILES) + 1
    assert "d0" not in found.right
    assert "d1" not in found.right


def test_what_was_right_is_not_read_again(tmp_path: Path) -> None:
    """Unless its directory shows a change."""
    wanted = tree(tmp_path, FILES)
    right = look(tmp_path, wanted).right
    assert look(tmp_path, wanted, right).hashed == 0
    (tmp_path / "d3/f3").write_bytes(b"xxx")
    again = look(tmp_path, wanted, right)
    assert (again.changed, again.hashed, again.count) == ([], 10, len(FILES))


@pytest.mark.parametrize("keep_time", [False, True])
def test_a_change_is_seen_whatever_its_time(tmp_path: Path, keep_time: bool) -> None:
    """An edit that puts the size and mtime back still moves the ctime."""
    wanted = tree(tmp_path, FILES)
    right = look(tmp_path, wanted).right
    before = (tmp_path / "d4/f9").stat()
    (tmp_path / "d4/f9").write_bytes(b"y" * 9)
    if keep_time:
        os.utime(tmp_path / "d4/f9", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert look(tmp_path, wanted, right).changed == ["d4/f9"]


def test_a_fresh_file_is_read_again_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a tick of the clock it could change without a trace."""
    monkeypatch.setattr(file_state, "TICK_NS", 2_000_000_000)
    assert look(tmp_path, tree(tmp_path, FILES)).right == {}


def test_links_fifos_and_directories_in_a_files_place(tmp_path: Path) -> None:
    """Are changes; nobody waits for a FIFO, and no link is followed."""
    wanted = tree(tmp_path, {"a": b"1", "b": b"2", "c": b"3", "d/e": b"4"})
    for name in ("a", "b", "c"):
        (tmp_path / name).unlink()
    (tmp_path / "other").write_bytes(b"1")
    (tmp_path / "a").symlink_to("other")
    os.mkfifo(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "d").rename(tmp_path / "elsewhere")
    (tmp_path / "d").symlink_to("elsewhere")
    assert look(tmp_path, wanted).changed == ["a", "b", "c", "d/e"]


def test_hard_links_are_files(tmp_path: Path) -> None:
    """Deploy tools link equal files of two releases."""
    wanted = tree(tmp_path, {"a": b"1"})
    os.link(tmp_path / "a", tmp_path / "b")
    assert look(tmp_path, [*wanted, (".", [("b", "f", sha256(b"1"))])]).changed == []


def test_large_files(tmp_path: Path) -> None:
    """Larger than what is read at once."""
    data = os.urandom((1 << 20) * 3 + 17)
    wanted = tree(tmp_path, {"exact": data[: 1 << 20], "more": data, "one": data[: (1 << 20) + 1]})
    assert look(tmp_path, wanted).changed == []


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_git_blobs(tmp_path: Path, algorithm: str) -> None:
    """The digests of git: contents, links by their target, an executable bit that was lost."""

    def digest(data: bytes) -> str:
        return hashlib.new(algorithm, b"blob %d\0" % len(data) + data).hexdigest()

    large = b"z" * ((1 << 20) + 5)
    (tmp_path / "file").write_bytes(b"content\n")
    (tmp_path / "large").write_bytes(large)
    (tmp_path / "run").write_bytes(b"#!")
    (tmp_path / "link").symlink_to("to/where")
    wanted = [
        (
            ".",
            [
                ("file", "f", digest(b"content\n")),
                ("large", "f", digest(large)),
                ("run", "x", digest(b"#!")),
                ("link", "l", digest(b"to/where")),
            ],
        )
    ]
    found = compare(str(tmp_path), wanted, {}, algorithm, blobs=True)
    assert (found.changed, found.modes, found.count) == ([], ["run"], 4)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "run").chmod(0o755)
    found = compare(str(tmp_path), wanted, {}, algorithm, blobs=True)
    assert (found.changed, found.modes) == (["link"], [])


def test_no_root(tmp_path: Path) -> None:
    """An error that names it."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        look(tmp_path / "nowhere", [])
