"""log_filter.py: errors are seen however a log is rotated; everything else is no reason to look."""

import os
from pathlib import Path

import pytest

from liveproof.watch.triggers.log_filter import LogFilter

ERROR = "[2026-12-01 10:00:00] production.ERROR: file_put_contents(): Failed to open stream: Permission denied\n"
INFO = "[2026-12-01 10:00:00] production.INFO: an order came in\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with an old error."""
    path = tmp_path / "laravel.log"
    path.write_text(ERROR)
    return path


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_is_new_and_an_error(log: Path) -> None:
    """What stood there before is known to the first look at the whole chain."""
    watched = LogFilter(str(log))
    assert not watched.relevant()
    _append(log, INFO * 1000)
    assert not watched.relevant()
    _append(log, INFO + ERROR)
    assert watched.relevant()
    assert not watched.relevant()


def test_a_line_in_two_pieces(log: Path) -> None:
    """It is an error once it is whole."""
    watched = LogFilter(str(log))
    _append(log, ERROR[:40])
    first = watched.relevant()
    _append(log, ERROR[40:])
    assert first or watched.relevant()


def test_rotated_truncated_and_back(log: Path) -> None:
    """By rename with a new file at once or later, by copytruncate, and after it was gone."""
    watched = LogFilter(str(log))
    os.rename(log, f"{log}.1")
    _append(Path(f"{log}.1"), ERROR)  # the app has it open still
    assert watched.relevant()
    log.write_text(INFO)
    assert not watched.relevant()
    _append(log, ERROR)
    assert watched.relevant()
    os.truncate(log, 0)
    _append(log, ERROR)
    assert watched.relevant()
    log.unlink()
    assert not watched.relevant()
    log.write_text(ERROR)
    assert watched.relevant()


def test_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    """What it holds when it comes is new."""
    watched = LogFilter(str(tmp_path / "later.log"))
    assert not watched.relevant()
    (tmp_path / "later.log").write_text(ERROR)
    assert watched.relevant()


def test_too_much_at_once_is_taken_for_relevant(log: Path) -> None:
    """It is not all read here; and what comes then is read again."""
    watched = LogFilter(str(log))
    with log.open("a") as file:
        file.truncate(10 * 1024 * 1024)
    assert watched.relevant()
    _append(log, "\n" + INFO)
    assert not watched.relevant()


def test_odd_files_are_not_read(tmp_path: Path) -> None:
    """A FIFO hangs nothing, a directory is no log."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    for name in ("fifo", "directory"):
        watched = LogFilter(str(tmp_path / name))
        assert not watched.relevant()
        watched.close()


def test_no_descriptor_is_left(log: Path) -> None:
    """However often it is rotated."""
    before = len(os.listdir("/proc/self/fd"))
    watched = LogFilter(str(log))
    for _ in range(50):
        log.unlink()
        log.write_text(ERROR)
        assert watched.relevant()
    watched.close()
    assert len(os.listdir("/proc/self/fd")) == before
