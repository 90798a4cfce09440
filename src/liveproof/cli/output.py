"""Write a report where ``--output`` says, and damage nothing that stands there.

As root a rename would put a plain file in the place of /dev/null, and a link laid by somebody else would lead the
report, or the next reader, anywhere. So a file is replaced only when it is a regular file of ours, everything new is
made by link(2), which never replaces, and a device that takes text is written to as it is.
"""

import os
import stat as modes

from liveproof.cli.errors import UsageError

# Names that mean a descriptor that is open already (proc_pid_fd(5)); opening them again would follow a link.
_DESCRIPTORS = {
    **dict.fromkeys(("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"), 1),
    **dict.fromkeys(("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"), 2),
}


class CannotWrite(UsageError):
    """What was asked for cannot be written where it was asked; the message says where and why. Exit status 2."""


def write_file(path: str, text: str, mode: int = 0o600) -> None:
    """Write a report to a file, whole or not at all. A new file has ``mode``; one that is there keeps its own.

    Raises:
        CannotWrite: it cannot be written, or what stands there must not be replaced.
    """
    content = text.encode(errors="backslashreplace")
    try:
        now = _now(path)
        if path in _DESCRIPTORS:
            _write(os.dup(_DESCRIPTORS[path]), content)
        elif now is None:
            _replace(path, content, mode, new=True)
        elif modes.S_ISREG(now.st_mode):
            _replace(path, content, modes.S_IMODE(now.st_mode), new=False)
        else:
            # A FIFO is not waited for: open(2) fails with ENXIO where nobody reads it.
            device = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            os.set_blocking(device, True)
            _write(device, content)
    except (OSError, ValueError) as error:
        raise CannotWrite(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None


def refuse_unwritable(path: str) -> None:
    """Refuse a file that ``write_file`` would refuse, before anything is done for its sake.

    Raises:
        CannotWrite: what stands there must not be replaced, or its directory is missing.
    """
    try:
        if path and _now(path) is None and not os.path.isdir(os.path.dirname(os.path.abspath(path))):
            raise CannotWrite(f"cannot write {path}: its directory does not exist")
    except (OSError, ValueError) as error:
        raise CannotWrite(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None


def _now(path: str) -> os.stat_result | None:
    """What stands there, None where nothing does.

    Raises:
        CannotWrite: it must not be replaced or written to.
    """
    try:
        now = os.lstat(path)
    except FileNotFoundError:
        return None
    refusal = "" if path in _DESCRIPTORS else _refusal(path, now)
    if refusal:
        raise CannotWrite(f"cannot write {path}: {refusal}")
    return now


def _refusal(path: str, now: os.stat_result) -> str:
    """Why what stands there is not written; empty for a regular file of ours, a FIFO and a character device."""
    if modes.S_ISCHR(now.st_mode) or modes.S_ISFIFO(now.st_mode):
        return ""
    if modes.S_ISLNK(now.st_mode):
        return f"it is a symbolic link; name the file itself ({os.path.realpath(path)})"
    if not modes.S_ISREG(now.st_mode):
        return "Is a directory" if modes.S_ISDIR(now.st_mode) else "it is neither a file nor a device that takes text"
    if now.st_uid != os.geteuid():
        return f"it belongs to another user (uid {now.st_uid}); remove it first, or name another file"
    if now.st_nlink > 1:
        return "it has another name elsewhere (a hard link); remove it first, or name another file"
    return ""


def _replace(path: str, content: bytes, mode: int, *, new: bool) -> None:
    """Write beside the place and put it there at once; what came there meanwhile is not replaced when ``new``."""
    directory, name = os.path.split(os.path.abspath(path))
    temporary = f"{directory}/.{name[:200]}.{os.urandom(6).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        os.fchmod(descriptor, mode & 0o777)
        _write(descriptor, content)
        if new:
            os.link(temporary, path, follow_symlinks=False)
            os.unlink(temporary)
        else:
            os.rename(temporary, path)
    except PermissionError as error:
        os.unlink(temporary)
        if error.filename2 is None:
            raise
        # This file system has no hard links (vfat, some of FUSE); O_EXCL replaces nothing either.
        _write(os.open(path, flags, mode & 0o777), content)
    except BaseException:
        os.unlink(temporary)
        raise


def _write(descriptor: int, content: bytes) -> None:
    """Write all of it and close the descriptor."""
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
