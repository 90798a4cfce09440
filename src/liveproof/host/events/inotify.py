"""The system calls of inotify(7) and its records."""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator

_LIBC = ctypes.CDLL(None, use_errno=True)

MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
OVERFLOW, IGNORED, ISDIR = 0x4000, 0x8000, 0x40000000
_ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK = 0x01000000, 0x02000000, 0x04000000
_CHANGES = ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE

_EVENT = struct.Struct("=iIII")  # struct inotify_event


def new_instance() -> int:
    """A descriptor that does not block.

    Raises:
        OSError: EMFILE where the user has fs.inotify.max_user_instances of them.
    """
    return _done(_LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))


def add(instance: int, directory: str, *, writes: bool) -> int:
    """Watch a directory, no link; its watch's number, the same for the same directory.

    Raises:
        OSError: ENOSPC at fs.inotify.max_user_watches, ENOENT, ENOTDIR, ENAMETOOLONG, EACCES.
    """
    mask = _CHANGES | _ONLYDIR | _DONT_FOLLOW | _EXCL_UNLINK | (MODIFY if writes else 0)
    return _done(_LIBC.inotify_add_watch(instance, os.fsencode(directory), ctypes.c_uint32(mask)))


def remove(instance: int, watch: int) -> None:
    """End a watch; one that ended by itself is none."""
    _LIBC.inotify_rm_watch(instance, watch)


def records(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Watch, mask and name (empty for the directory itself) of each record of one read(2)."""
    at = 0
    while at + _EVENT.size <= len(data):
        watch, mask, _, length = _EVENT.unpack_from(data, at)
        at += _EVENT.size
        yield watch, mask, os.fsdecode(data[at : at + length].split(b"\0", 1)[0])
        at += length


def limit(name: str) -> str:
    """The value of fs.inotify.``name``, "unknown" where it cannot be read."""
    try:
        with open(f"/proc/sys/fs/inotify/{name}", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return "unknown"


def _done(got: int) -> int:
    if got < 0:
        code = ctypes.get_errno() or errno.EIO
        raise OSError(code, os.strerror(code))
    return got
