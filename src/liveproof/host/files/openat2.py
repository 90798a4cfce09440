"""Open what lies below a directory without ever leaving it or following a link on the way (openat2(2)).

Root changes files in directories that the app's user can write. Between any two of our calls that user may put a link
in the place of a file or a directory; so nothing is ever reached by its full path a second time: a path is opened once,
below a directory that is held open, and everything else is done to the descriptor.
"""

import ctypes
import errno
import os

_SYS_OPENAT2 = 437  # the same on every architecture that got its number after Linux 5.0
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_LIBC = ctypes.CDLL(None, use_errno=True)

PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HOW_SIZE = ctypes.c_size_t(ctypes.sizeof(_OpenHow))


def open_beneath(directory: int, path: str, flags: int = PATH_ONLY) -> int:
    """Open ``path`` below the open ``directory``; ``.`` is the directory itself.

    No part of the path may be a symbolic link but the last, which is then opened itself, never followed.

    Raises:
        OSError: ELOOP or ENOTDIR for a link on the way, EINVAL for a path that is absolute or holds ``..``, and as
            open(2).
    """
    _judge(path)
    if kernel_has_openat2():
        return _openat2(directory, path, flags)
    return walk_beneath(directory, path, flags)


def open_root(path: str) -> int:
    """Open the directory ``path``, which is absolute and holds no symbolic link in any part, for use as a root.

    Raises:
        OSError: as ``open_beneath``.
    """
    if not path.startswith("/"):
        raise OSError(errno.EINVAL, "Not an absolute path", path)
    top = os.open("/", PATH_ONLY | os.O_DIRECTORY)
    try:
        return open_beneath(top, path.strip("/") or ".", PATH_ONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None
    finally:
        os.close(top)


def _judge(path: str) -> None:
    if path != "." and any(part in ("", ".", "..") for part in path.split("/")):
        raise OSError(errno.EINVAL, "Not a plain path below a directory", path)
    if "\0" in path:
        raise OSError(errno.EINVAL, "A path cannot hold a NUL", path)


_found: list[bool] = []


def kernel_has_openat2() -> bool:
    """Whether the kernel has openat2(2) (Linux 5.6) and no filter of system calls hides it."""
    if not _found:
        top = os.open("/", PATH_ONLY | os.O_DIRECTORY)
        try:
            os.close(_openat2(top, ".", PATH_ONLY))
            _found.append(True)
        except OSError:
            _found.append(False)
        finally:
            os.close(top)
    return _found[0]


def _openat2(directory: int, path: str, flags: int) -> int:
    how = _OpenHow(flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0, _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH)
    while True:
        got: int = _LIBC.syscall(_SYS_OPENAT2, directory, os.fsencode(path), ctypes.byref(how), _HOW_SIZE)
        if got >= 0:
            return got
        code = ctypes.get_errno()
        if code not in (errno.EINTR, errno.EAGAIN):
            raise OSError(code, os.strerror(code), path)


def walk_beneath(directory: int, path: str, flags: int = PATH_ONLY) -> int:
    """The same as ``open_beneath`` name by name, for kernels without openat2: no name is followed if it is a link."""
    _judge(path)
    parts = path.split("/")
    here = os.open(".", PATH_ONLY | os.O_DIRECTORY, dir_fd=directory)
    try:
        for part in parts[:-1]:
            below = os.open(part, PATH_ONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        return os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None
    finally:
        os.close(here)
