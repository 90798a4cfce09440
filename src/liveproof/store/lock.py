"""One fix at a time, and one watcher: locks that the kernel drops when a holder ends, however it ends (flock(2))."""

import fcntl
import os
import stat as modes
import time
from typing import Self

from liveproof.store import directory

_LEFT_SECONDS = 10.0


FIX, WATCH = "lock", "watch.lock"
_WHO = {FIX: "fix or rollback", WATCH: "watcher"}


class Held(Exception):
    """Another one is at work; the message names its pid and since when."""


def held(name: str = FIX) -> str:
    """Who holds a lock now, as a sentence; empty where nobody does. Takes nothing, so it is in nobody's way."""
    path = f"{directory.directory()}/{name}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        told = os.read(descriptor, 100).decode(errors="replace").split()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    if len(told) != 2 or not all(part.isdigit() for part in told) or not _lives(int(told[0])):
        return ""
    return _who(_WHO[name], told)


class Lock:
    """A lock of this host's state directory, held inside a ``with``: that of what changes the host, or ``WATCH``.

    Raises:
        Held: somebody else holds it.
        state.UnsafeState: others may write the state directory.
        OSError: the state directory cannot be made or written.
    """

    def __init__(self, name: str = FIX) -> None:
        self._name = name
        self._descriptor = -1

    def __enter__(self) -> Self:
        path = f"{directory.ensure(directory.directory())}/{self._name}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        try:
            _refuse_odd(descriptor, path)
            _take(descriptor)
            _write(descriptor, path)
        except BlockingIOError:
            result = os.pread(descriptor, 100, 0).decode(errors="replace").split()
            os.close(descriptor)
            raise Held(_who(_WHO[self._name], result)) from None
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _refuse_odd(descriptor: int, path: str) -> None:
    if not modes.S_ISREG(os.fstat(descriptor).st_mode):
        raise directory.UnsafeState(f"{path} must be a plain file: remove what stands there")


def _write(descriptor: int, path: str) -> None:
    """Who holds it, since when."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {int(time.time())}\n".encode(), 0)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def _take(descriptor: int) -> None:
    """Take the lock; wait for what a killed holder has left at work, which ends by itself (``supervisor.py``)."""
    until = time.monotonic() + _LEFT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 100, 0).decode(errors="replace").split()[:1]
            if not holder or not holder[0].isdigit() or _lives(int(holder[0])) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _who(who: str, told: list[str]) -> str:
    if len(told) != 2 or not all(part.isdigit() for part in told):
        return f"another liveproof {who} is just starting; try again when it has ended"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(int(told[1])))
    return f"another liveproof {who} is at work: process {told[0]}, since {since}; wait until it has ended"
