"""Where liveproof keeps its own things on a host."""

import os
import stat as modes
from contextlib import suppress
from errno import EROFS


class UnsafeState(Exception):
    """Another user could write liveproof's state directory; the message names it and what to do."""


def directory() -> str:
    """The state directory: ``/var/lib/liveproof`` for root, else below XDG_STATE_HOME; LIVEPROOF_STATE overrides."""
    named = os.environ.get("LIVEPROOF_STATE")
    if named:
        return named
    if os.geteuid() == 0:
        return "/var/lib/liveproof"
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local/state")
    return os.path.join(base, "liveproof")


def mark(*names: str) -> tuple[tuple[int, int, int], ...]:
    """Something that is another one after a database of these names in the state directory was written to."""
    found = []
    for name in (each for database in names for each in (database, f"{database}-wal")):
        try:
            status = os.stat(f"{directory()}/{name}")
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            found.append((0, 0, 0))
    return tuple(found)


def ensure(path: str) -> str:
    """Create a private directory (0700) at or below the state directory and return its path.

    Raises:
        UnsafeState: it belongs to another user, is a link, others may write it, or its file system is read-only.
        OSError: it cannot be made.
    """
    try:
        with suppress(FileExistsError):  # something else stands there, which the look below tells
            os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        if error.errno != EROFS:
            raise
        raise UnsafeState(unusable(error)) from None
    status = os.lstat(path)
    if not modes.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        # It may be somebody's home, or shared: nobody is reported to change it.
        raise UnsafeState(
            f"{path} must be a directory of ours that nobody else can write (mode 0700): "
            "let LIVEPROOF_STATE name a new one"
        )
    return path


def unusable(error: Exception) -> str:
    """Why the state directory cannot be used and what to do, in a sentence without a number of the kernel's.

    An error about another place is reported with that place.
    """
    if not isinstance(error, OSError):
        return str(error)
    where, top = str(error.filename or ""), directory()
    if where and not f"{where}/".startswith(f"{top}/") and not f"{top}/".startswith(f"{where}/"):
        return f"{where}: {error.strerror}"
    if error.errno == EROFS:
        return (
            f"liveproof's state directory {top} is on a read-only file system: let LIVEPROOF_STATE name another one, "
            "or run liveproof from outside of the container"
        )
    return f"liveproof's state directory {top} cannot be used ({error.strerror}): let LIVEPROOF_STATE name another one"
