"""output.py: where a report may be written, and what stays as it is."""

import os
import stat
import threading
from pathlib import Path

import pytest

from liveproof.cli.output import CannotWrite, refuse_unwritable, write_file

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may make devices and give files away")


def _as_it_was(path: Path) -> tuple[int, int, int, int]:
    seen = path.lstat()
    return seen.st_mode, seen.st_uid, seen.st_ino, seen.st_rdev


def _refused(path: Path) -> str:
    before = _as_it_was(path)
    with pytest.raises(CannotWrite) as refusal:
        write_file(str(path), "report")
    with pytest.raises(CannotWrite):
        refuse_unwritable(str(path))
    assert _as_it_was(path) == before
    return str(refusal.value)


def test_a_file_of_ours_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_text("old")
    report.chmod(0o644)
    write_file(str(report), "new \ud800")
    assert report.read_text() == "new \\ud800"
    assert report.stat().st_mode & 0o7777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@root
@pytest.mark.parametrize("device", [os.makedev(1, 3), os.makedev(1, 5)], ids=["null", "zero"])
def test_a_character_device_is_written_to_and_stays(tmp_path: Path, device: int) -> None:
    path = tmp_path / "device"
    os.mknod(path, stat.S_IFCHR | 0o666, device)
    before = _as_it_was(path)
    write_file(str(path), "report")
    assert _as_it_was(path) == before


@root
def test_a_device_that_takes_no_more_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "full"
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 7))
    with pytest.raises(CannotWrite, match="No space left on device"):
        write_file(str(path), "report")
    assert stat.S_ISCHR(path.lstat().st_mode)


@root
def test_a_block_device_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(7, 250))
    assert "neither a file nor a device that takes text" in _refused(path)


@pytest.mark.parametrize("target", ["victim", "nowhere", "."])
def test_a_link_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "victim").write_text("untouched")
    (tmp_path / "link").symlink_to(tmp_path / target)
    assert "it is a symbolic link" in _refused(tmp_path / "link")
    assert (tmp_path / "victim").read_text() == "untouched"


@root
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    os.chown(tmp_path / "theirs", 33, 33)
    assert "belongs to another user" in _refused(tmp_path / "theirs")


def test_a_file_with_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("both")
    os.link(tmp_path / "one", tmp_path / "two")
    assert "hard link" in _refused(tmp_path / "one")


def test_a_fifo_is_written_to_where_somebody_reads(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(CannotWrite):
        write_file(str(path), "report")
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.append(path.read_text()))
    reader.start()
    while not told and reader.is_alive():
        try:
            write_file(str(path), "report" * 50_000)
            break
        except CannotWrite:
            continue
    reader.join(10)
    assert told == ["report" * 50_000]
    assert stat.S_ISFIFO(path.lstat().st_mode)


def test_standard_output_by_its_name(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.lstat("/dev/stdout")
    write_file("/dev/stdout", "report")
    assert capfd.readouterr().out == "report"
    assert os.lstat("/dev/stdout").st_ino == before.st_ino


def test_a_directory_that_is_missing(tmp_path: Path) -> None:
    for name in ("none/report", "\0"):
        with pytest.raises(CannotWrite):
            refuse_unwritable(str(tmp_path / name))
        with pytest.raises(CannotWrite):
            write_file(str(tmp_path / name), "report")
