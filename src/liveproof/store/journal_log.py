"""A run's directory: records that are on the disk before what they announce is done, and copies of old contents."""

import errno
import fcntl
import json
import os
import stat as modes
import time
from collections.abc import Iterator
from typing import Any, Self

from liveproof.store import directory as state
from liveproof.store import journal_records

# Copies for the undo: enough for the compiled views and caches of a big app, little enough for a small /var.
KEPT_BYTES = 256 * 1024 * 1024
_RECORDS = "journal.jsonl"
_RESERVE = "reserve"
_RESERVED = 256 * 1024
_ENDED = "ended"
_LOCK_SECONDS = 2.0


class Damaged(Exception):
    """A journal cannot be read; the message tells where. Nothing is rolled back on its strength."""


def directory() -> str:
    """Where the runs are kept."""
    return f"{state.directory()}/runs"


class TooMuch(Exception):
    """More would have to be kept for the undo than is reasonable."""


class Log:
    """The records of one run; the directory is the caller's."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = os.open(
            f"{path}/{_RECORDS}", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        try:
            _hold(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        # A line that a crash cut off announced nothing that was done; it must not join with what is written next.
        os.ftruncate(self._descriptor, len(_whole(_read(self._descriptor))))

    @classmethod
    def create(cls, run: str) -> Self:
        """A new run's directory (0700) with its log.

        Room is set aside, so that a run that filled the disk can still write down how it is rolled back.

        Raises:
            state.UnsafeState: others may write the state directory.
            OSError: it cannot be made or written (EEXIST: there is a run of that name).
        """
        state.ensure(state.directory())
        path = f"{state.ensure(directory())}/{run}"
        os.mkdir(path, 0o700)
        log = cls(path)
        reserve = os.open(f"{path}/{_RESERVE}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(reserve, b"\0" * _RESERVED)
        finally:
            os.close(reserve)
        _flush(path)
        _flush(directory())
        return log

    def append(self, record: dict[str, Any]) -> None:
        """Write a record and wait until it is on the disk.

        Raises:
            OSError: it could not be written whole; a part of it is taken away again.
        """
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        end = os.fstat(self._descriptor).st_size
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, end)
            raise

    def end(self, summary: dict[str, Any]) -> None:
        """Mark the run as over, with what a list of runs tells of it, so that nobody has to read all its records.

        Raises:
            OSError: it cannot be written.
        """
        mark = os.open(f"{self.path}/{_ENDED}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(mark, json.dumps(summary).encode())
            os.fsync(mark)
        finally:
            os.close(mark)
        os.rename(f"{self.path}/{_ENDED}.new", f"{self.path}/{_ENDED}")
        _flush(self.path)

    def reopen(self) -> None:
        """Take the mark of the end away: the run is about to be rolled back, and is not over until that is done."""
        try:
            os.unlink(f"{self.path}/{_ENDED}")
        except FileNotFoundError:
            return
        _flush(self.path)

    def release_reserve(self) -> None:
        """Give back the room that was set aside: from here on the run is only ended or rolled back."""
        try:
            os.unlink(f"{self.path}/{_RESERVE}")
        except OSError:
            return

    def keeper(self, step: int) -> "Keeper":
        """Where the contents that a step may change are kept."""
        return Keeper(f"{self.path}/kept-{step}")

    def kept(self, step: int, offset: int, size: int) -> Iterator[bytes]:
        """A kept content again.

        Raises:
            OSError: it cannot be read.
            Damaged: it is shorter than it was.
        """
        descriptor = os.open(f"{self.path}/kept-{step}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            while size:
                chunk = os.pread(descriptor, min(size, 1 << 20), offset)
                if not chunk:
                    raise Damaged(f"{self.path}/kept-{step} is shorter than it was")
                offset, size = offset + len(chunk), size - len(chunk)
                yield chunk
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the log."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Keeper:
    """Copies of contents, one after the other in one file; on the disk once ``flush`` returned."""

    def __init__(self, path: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._path = path
        self._descriptor = os.open(path, flags, 0o600)
        self.size = 0

    def keep(self, chunk: bytes) -> None:
        """Add a part of a content.

        Raises:
            TooMuch: it would be more than KEPT_BYTES.
            OSError: it could not be written.
        """
        self.size += len(chunk)
        if self.size > KEPT_BYTES:
            raise TooMuch(
                f"more than {KEPT_BYTES >> 20} MB would have to be copied to be able to undo the step: do it by hand"
            )
        while chunk:
            try:
                chunk = chunk[os.write(self._descriptor, chunk) :]
            except OSError as error:  # it is our own disk that is full, not the app's
                raise OSError(error.errno, error.strerror, self._path) from None

    def flush(self) -> None:
        """Wait until everything is on the disk, and close."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)
        _flush(os.path.dirname(self._path))


def ended(path: str) -> dict[str, Any] | None:
    """The summary of the run in the directory ``path``; None while it has not ended, or when that cannot be read."""
    try:
        descriptor = _open_plain(f"{path}/{_ENDED}")
        with open(descriptor, encoding="utf-8") as mark:
            summary = json.load(mark)
    except (OSError, ValueError, RecursionError):
        return None
    return summary if journal_records.is_summary(summary) else None


def at_work(path: str) -> bool:
    """Whether a living process has the log of the run in ``path`` open for writing.

    The kernel knows: the lock ends with its holder, however that ends; a process id may mean another process by now.
    """
    try:
        descriptor = _open_plain(f"{path}/{_RECORDS}")
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def records(path: str) -> tuple[dict[str, Any], ...]:
    """All whole records of the run in the directory ``path``; empty when there are none.

    Raises:
        Damaged: a record that is not the last cannot be read, or one is not as this version writes it.
        OSError: the log cannot be read.
    """
    try:
        descriptor = _open_plain(f"{path}/{_RECORDS}")
    except FileNotFoundError:
        return ()
    try:
        lines = _whole(_read(descriptor)).split(b"\n")[:-1]
    finally:
        os.close(descriptor)
    found = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not journal_records.is_record(record, first=number == 1):
            raise Damaged(f"{path}/{_RECORDS}, line {number}, is not a record of this version of liveproof")
        found.append(record)
    return tuple(found)


def _open_plain(path: str) -> int:
    """Open a file to read it; a FIFO that stands there would make us wait for ever.

    Raises:
        OSError: it cannot be opened, or is no plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not modes.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", path)
    return descriptor


def _hold(descriptor: int) -> None:
    """Take the log's lock; whoever only asks whether a run is at work holds it for a moment."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _read(descriptor: int) -> bytes:
    chunks, at = [], 0
    while chunk := os.pread(descriptor, 1 << 20, at):
        chunks.append(chunk)
        at += len(chunk)
    return b"".join(chunks)


def _whole(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _flush(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
