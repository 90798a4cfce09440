"""The system calls of fanotify(7) and its records, for a group that reports directory handles and names."""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD = -100

# For fanotify_init(2). The queue keeps its limit: an unlimited one would grow in the kernel while nobody reads.
_CLOEXEC, _NONBLOCK, _REPORT_PIDFD, _REPORT_DFID_NAME = 0x1, 0x2, 0x80, 0xC00
# For fanotify_mark(2).
_ADD, _REMOVE, _FILESYSTEM = 0x1, 0x2, 0x100
_FLUSH, _EVICTABLE, _IGNORE_SURVIVING = 0x80, 0x200, 0x440
_EVENT_ON_CHILD = 0x08000000

MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
OVERFLOW, ONDIR = 0x4000, 0x40000000
_CHANGES = ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | ONDIR

_METADATA = struct.Struct("=IBBHQii")  # struct fanotify_event_metadata
_HEADER = struct.Struct("=BBH")  # struct fanotify_event_info_header
_INFO_SIZE = 8  # of the shortest record of information, with its header
_NUMBER = struct.Struct("=i")
_DFID_NAME, _DFID, _PIDFD = 2, 3, 4
_VERSION = 3
_LONGEST_HANDLE = 128  # MAX_HANDLE_SZ


class Unsupported(OSError):
    """The kernel refuses; ``strerror`` is its reason."""


class Record(NamedTuple):
    """One record. ``handle`` is the directory's, after its file system's id; ``pidfd`` is to be closed, -1 is none."""

    mask: int
    pid: int
    pidfd: int
    handle: bytes
    name: bytes


def new_group() -> tuple[int, bool]:
    """A descriptor that does not block, and whether it proves processes (Linux 5.15; the rest is of Linux 5.9).

    Raises:
        Unsupported: EPERM without CAP_SYS_ADMIN, EINVAL or ENOSYS on older kernels, EMFILE for too many groups.
    """
    flags = _CLOEXEC | _NONBLOCK | _REPORT_DFID_NAME
    for proving in (_REPORT_PIDFD, 0):
        group: int = _LIBC.fanotify_init(flags | proving, os.O_RDONLY | os.O_CLOEXEC)
        if group >= 0:
            return group, bool(proving)
        if ctypes.get_errno() != errno.EINVAL:
            break
    raise _unsupported()


def mark_file_system(group: int, path: str) -> None:
    """Watch the whole file system that ``path`` lies on.

    Raises:
        Unsupported: it has no handles or no id (overlayfs, some FUSE, btrfs subvolumes).
    """
    _mark(group, _ADD | _FILESYSTEM, _CHANGES, path)


def unmark_file_system(group: int, path: str) -> None:
    """Take the mark away."""
    _mark(group, _REMOVE | _FILESYSTEM, _CHANGES, path)


def mark_writes(group: int, path: str) -> None:
    """Tell also of every write to the file, or to the files right in the directory.

    Raises:
        Unsupported: it is not there, or as for ``mark_file_system``.
    """
    _mark(group, _ADD, MODIFY | _EVENT_ON_CHILD, path)


def unmark_writes(group: int, path: str) -> None:
    """Take the mark away.

    Raises:
        Unsupported: there is none.
    """
    _mark(group, _REMOVE, MODIFY | _EVENT_ON_CHILD, path)


def ignore(group: int, directory: int) -> None:
    """Tell no more of files right in an open directory, as long as the kernel remembers it; of directories still.

    Raises:
        Unsupported: a kernel before Linux 6.0, or fs.fanotify.max_user_marks is reached.
    """
    mask = (_CHANGES & ~ONDIR) | _EVENT_ON_CHILD
    _mark(group, _ADD | _EVICTABLE | _IGNORE_SURVIVING, mask, f"/proc/self/fd/{directory}")


def flush(group: int) -> None:
    """Forget what ``ignore`` and ``mark_writes`` did.

    Raises:
        Unsupported: never, by its documentation.
    """
    _mark(group, _FLUSH, 0, "/")


def _mark(group: int, flags: int, mask: int, path: str) -> None:
    if _LIBC.fanotify_mark(group, flags, ctypes.c_uint64(mask), _AT_FDCWD, os.fsencode(path)):
        raise _unsupported()


class _FileHandle(ctypes.Structure):
    _fields_ = (("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("handle", ctypes.c_char * _LONGEST_HANDLE))


def handle_of(path: str) -> bytes:
    """The handle of a file as it stands in records, after the file system's id (name_to_handle_at(2)).

    Raises:
        Unsupported: the file system has none.
    """
    handle, mount = _FileHandle(bytes=_LONGEST_HANDLE), ctypes.c_int()
    if _LIBC.name_to_handle_at(_AT_FDCWD, os.fsencode(path), ctypes.byref(handle), ctypes.byref(mount), 0):
        raise _unsupported()
    return bytes(handle)[: 8 + handle.bytes]


def open_handle(mount: int, handle: bytes) -> int:
    """Open what a handle stands for, by any descriptor on its mount (open_by_handle_at(2)): as O_PATH.

    Raises:
        Unsupported: ESTALE where it is gone, and as open(2).
    """
    opened: int = _LIBC.open_by_handle_at(mount, ctypes.c_char_p(handle), os.O_PATH | os.O_CLOEXEC)
    if opened < 0:
        raise _unsupported()
    return opened


def records(data: bytes) -> Iterator[Record]:
    """The records of one read(2).

    Raises:
        Unsupported: the kernel speaks another version.
    """
    at = 0
    while at + _METADATA.size <= len(data):
        length, version, _, metadata, mask, _, pid = _METADATA.unpack_from(data, at)
        if version != _VERSION or length < _METADATA.size:
            raise Unsupported(errno.EPROTO, f"fanotify speaks version {version}, not {_VERSION}")
        pidfd, handle, name = -1, b"", b""
        part, end = at + metadata, at + length
        while part + _INFO_SIZE <= end:
            kind, _, size = _HEADER.unpack_from(data, part)
            if kind in (_DFID_NAME, _DFID):
                start = part + 20 + _NUMBER.unpack_from(data, part + 12)[0]
                handle = data[part + 4 : start]
                name = data[start : data.index(b"\0", start)] if kind == _DFID_NAME else b"."
            elif kind == _PIDFD:
                (pidfd,) = _NUMBER.unpack_from(data, part + 4)
            part += size or _INFO_SIZE
        yield Record(mask, pid, pidfd, handle, name)
        at = end


def _unsupported() -> Unsupported:
    code = ctypes.get_errno()
    return Unsupported(code, os.strerror(code))
