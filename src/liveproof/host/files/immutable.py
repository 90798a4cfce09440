"""What the kernel lets nobody change, not even root: immutable and append-only files, and read-only mounts.

Nothing is followed, opened for reading, or changed.
"""

import ctypes
import os
import sys
from collections.abc import Iterable

from liveproof.host.child_process import Lost, forked
from liveproof.host.files.mounts import hangs

IMMUTABLE, APPEND_ONLY = 0x10, 0x20  # stx_attributes of statx(2)
READ_ONLY = "lies on a file system that is mounted read-only"

_LIBC = ctypes.CDLL(None, use_errno=True)
_EMPTY_PATH, _SYMLINK_NOFOLLOW = 0x1000, 0x100
_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


def fixed(paths: Iterable[str], seconds: float = 5.0) -> dict[str, str]:
    """Those of the absolute paths that cannot be changed in place, with the reason, which goes on after the path.

    What is not there, or cannot be reached, is not among them; nor is anything where a mount hangs.
    """
    wanted = list(dict.fromkeys(paths))
    if any(map(hangs, _tops(os.path.dirname(path) for path in wanted))):
        try:
            return dict(forked(lambda: _fixed(wanted), seconds))
        except (Lost, OSError):
            return {}
    return _fixed(wanted)


def _tops(directories: Iterable[str]) -> list[str]:
    """The directories that lie in no other of them: each is a look at the table of mounts."""
    tops: list[str] = []
    for directory in sorted(set(directories), key=lambda path: path.split("/")):
        if not tops or not f"{directory}/".startswith(f"{tops[-1].rstrip('/')}/"):
            tops.append(directory)
    return tops


def _fixed(paths: list[str]) -> dict[str, str]:
    found = {}
    for path in paths:
        try:
            entry = os.open(path, _PATH_ONLY)
        except OSError:
            continue
        try:
            why = why_fixed(entry)
        finally:
            os.close(entry)
        if why:
            found[path] = f"{why} {path}" if "chattr" in why else why
    return found


def why_fixed(entry: int) -> str:
    """Why an open entry (O_PATH is enough) cannot be changed; empty where nothing of this kind is in the way."""
    flags = flags_of(entry)
    if flags & IMMUTABLE:
        return "is immutable; if it should not be: chattr -i"
    if flags & APPEND_ONLY:
        return "is append-only; if it should not be: chattr -a"
    return READ_ONLY if os.fstatvfs(entry).f_flag & os.ST_RDONLY else ""


def flags_of(entry: int) -> int:
    """The inode's flags as statx(2) tells them, 0 where it cannot."""
    result = ctypes.create_string_buffer(256)
    if _LIBC.statx(entry, b"", _EMPTY_PATH | _SYMLINK_NOFOLLOW, 0, result) != 0:
        return 0
    return int.from_bytes(result.raw[8:16], sys.byteorder)
