"""Measuring a tree: everything in it is told, by one process or two, and nothing outside of it is reached."""

import hashlib
import os
from pathlib import Path

import pytest

from liveproof.host import deadline
from liveproof.host.child_process import together
from liveproof.host.files import tree_digests
from liveproof.host.files.tree_digests import TooMany, measure, unfit


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("processors", [1, 2])
def test_everything_is_measured(processors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content, modes, links; sorted by path, what is left out aside."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    wanted = []
    for at in range(300):
        path = f"d{at % 17}/é{at}"
        content = os.urandom(at) * 7000  # some are read at once, some are not
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
        (tmp_path / path).chmod(0o600 + at % 64)
        wanted.append((path, "file", 0o600 + at % 64, len(content), _sha(content)))
    (tmp_path / "link").symlink_to("d1/./nowhere")
    wanted.append(("link", "link", 0o777, 12, _sha(b"d1/./nowhere")))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/x").write_text("")
    found = measure(str(tmp_path), lambda path: path == "out")
    assert (found.files, found.refused) == (sorted(wanted), [])


@pytest.mark.parametrize(
    ("link", "target", "says"),
    [
        ("a", "b", ""), ("a/b", "../c", ""), ("a/b/c", "../../d/e", ""), ("a", ".", ""), ("a/b", "./../c//d", ""),
        ("a", "..", "leads out"), ("a", "../x", "leads out"), ("a/b", "../../x", "leads out"),
        ("a", "b/../c", "leads out"),
        ("a/b", "../c/../../d", "leads out"), ("a", "/", "absolute"), ("a", "//x", "absolute"),
        ("a", "./../x", "leads out"), ("a", "b\n", "cannot be written"),
    ],
)  # fmt: skip
def test_links(link: str, target: str, says: str, tmp_path: Path) -> None:
    """Only where it cannot lead out of the tree, whatever the names behind it are."""
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(target)
    found = measure(str(tmp_path), lambda _: False)
    assert [path for path, *_ in found.files] == ([] if says else [link])
    assert [says in why for _, why in found.refused] == ([True] if says else [])


def test_a_directory_that_vanishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was listed and is gone when it is read is told."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/x").write_text("x")

    def late(count, share):
        os.rename(tmp_path / "d", tmp_path / "e")
        return together(count, share)

    monkeypatch.setattr(tree_digests, "together", late)
    assert measure(str(tmp_path), lambda _: False).refused == [("d", "cannot be read: No such file or directory")]


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of more files than any release, and one that takes too long."""
    for name in "abc":
        (tmp_path / name).write_text("")
    with pytest.raises(deadline.TimeIsUp), deadline.within(0.0):
        measure(str(tmp_path), lambda _: False)
    monkeypatch.setattr(tree_digests, "MOST_FILES", 2)
    with pytest.raises(TooMany):
        measure(str(tmp_path), lambda _: False)


def test_a_tree_deeper_than_descriptors_last(tmp_path: Path) -> None:
    """Nothing is recursive, and not every directory is held open."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("x", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=here))
    os.close(here)
    assert len(measure(str(tmp_path), lambda _: False).files) == 1


@pytest.mark.parametrize("name", ["a\n", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u2028", "\udce9"])
def test_unfit_names(name: str) -> None:
    """What a terminal, a line or another reader would take for something else."""
    assert unfit(name)
    assert not unfit("é ü 日本 'x' $y\\z")
