"""The textfile: whole or not at all, and nothing else is damaged."""

import os
import stat
from pathlib import Path

import pytest

from liveproof.watch.metrics.textfile import CannotWriteTextfile, write_textfile


def test_it_is_replaced_whole_and_readable(tmp_path: Path) -> None:
    """node_exporter runs as another user, whatever our umask is."""
    path = tmp_path / "liveproof.prom"
    before = os.umask(0o077)
    try:
        for text in (b"a 1.0\n" * 1000, b"b 2.0\n"):
            write_textfile(str(path), text)
            assert path.read_bytes() == text
            assert stat.S_IMODE(path.stat().st_mode) == 0o644
    finally:
        os.umask(before)
    assert [each.name for each in tmp_path.iterdir()] == ["liveproof.prom"]


def test_what_is_no_plain_file_stays(tmp_path: Path) -> None:
    """Links, devices and directories."""
    target = tmp_path / "target"
    target.write_text("theirs")
    link, fifo, directory = tmp_path / "link.prom", tmp_path / "fifo.prom", tmp_path / "directory.prom"
    link.symlink_to(target)
    os.mkfifo(fifo)
    directory.mkdir()
    for path in (link, fifo, directory):
        with pytest.raises(CannotWriteTextfile, match="it is not a regular file"):
            write_textfile(str(path), b"x")
    assert target.read_text() == "theirs"
    assert link.is_symlink()
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("path", ["missing/liveproof.prom", "a\0b.prom", "x" * 300 + ".prom"])
def test_what_cannot_be_written_is_said(tmp_path: Path, path: str) -> None:
    """With the path, and nothing is left behind."""
    with pytest.raises(CannotWriteTextfile, match="cannot write the metrics to /"):
        write_textfile(f"{tmp_path}/{path}", b"x")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood there is as it was, and nothing is left beside it."""
    path = tmp_path / "liveproof.prom"
    write_textfile(str(path), b"old 1.0\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.rename", full)
    with pytest.raises(CannotWriteTextfile, match="No space left on device"):
        write_textfile(str(path), b"new 1.0\n")
    assert path.read_bytes() == b"old 1.0\n"
    assert len(list(tmp_path.iterdir())) == 1
