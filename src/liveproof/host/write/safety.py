"""What must not be changed, whoever asks: entries that are not what was seen, stand elsewhere too, or carry rights.

Nothing here changes anything.
"""

import errno
import os
import stat as modes

from liveproof.host.files.immutable import APPEND_ONLY, IMMUTABLE, READ_ONLY, flags_of, why_fixed
from liveproof.host.files.openat2 import DIRECTORY, PATH_ONLY, open_beneath
from liveproof.host.files.snapshot import FILE, META, NOTHING, Image, look, of_stat, same_entry

_PRIVILEGE_BITS = modes.S_ISUID | modes.S_ISGID


class LeftAlone(Exception):
    """An entry is not what was seen, or not safe to change; it was not touched. ``reason`` goes on after its path."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.reason = reason


class Gone(LeftAlone):
    """Nothing stands there any more."""


def refuse_unsafe(path: str, entry: int, now: os.stat_result) -> None:
    """Refuse an open entry whose owner or mode must not, or cannot, be changed.

    Raises:
        LeftAlone: the file has more than one hard link, carries privileges, is flagged, or lies on a read-only mount.
    """
    if modes.S_ISREG(now.st_mode):
        if now.st_nlink > 1:
            raise LeftAlone(
                path,
                f"has {now.st_nlink} hard links: the same file stands elsewhere too and would be changed there; "
                "find its other names with find -samefile, and give it a copy of its own",
            )
        if now.st_mode & _PRIVILEGE_BITS:
            raise LeftAlone(path, "is setuid or setgid, and another owner would get its rights: look at it by hand")
        if now.st_mode & 0o111 and _capable(entry):
            raise LeftAlone(path, "has file capabilities, which another owner would get or lose: look at it by hand")
    fixed = why_fixed(entry)
    if fixed:
        raise LeftAlone(path, fixed)


def refuse_unsafe_place(root: int, seen: Image) -> None:
    """Refuse to replace or remove what ``seen`` shows where that must not, or cannot, be done.

    Raises:
        LeftAlone: as ``refuse_unsafe``, of the file and of its directory.
        OSError: it cannot be looked at.
    """
    parent, _ = open_parent(root, seen.path)
    try:
        flags = flags_of(parent)
        if flags & (IMMUTABLE | APPEND_ONLY):
            kind, option = ("an immutable", "i") if flags & IMMUTABLE else ("an append-only", "a")
            raise LeftAlone(seen.path, f"lies in {kind} directory; if it should not be: chattr -{option}")
        if os.fstatvfs(parent).f_flag & os.ST_RDONLY:
            raise LeftAlone(seen.path, READ_ONLY)
    finally:
        os.close(parent)
    if seen.kind == FILE:
        entry = open_as_seen(root, seen)
        try:
            refuse_unsafe(seen.path, entry, os.fstat(entry))
        finally:
            os.close(entry)


def why(error: OSError) -> str:
    """What the kernel's refusal means for somebody who wanted a file changed, without its path."""
    return {
        errno.EPERM: "the kernel does not permit it, not even to root (an immutable flag, or a restricted container?)",
        errno.EACCES: "the kernel does not permit it (a network file system that does not trust root?)",
        errno.EROFS: "the file system is mounted read-only",
        errno.ENOSPC: "the file system is full",
        errno.EDQUOT: "the quota is used up",
        errno.ELOOP: "a symbolic link stands where a directory was: somebody is changing the tree",
        errno.ENOTDIR: "something else stands where a directory was: somebody is changing the tree",
        errno.ENOENT: "it is gone",
    }.get(error.errno or 0, error.strerror or str(error))


def survey(root: int, path: str) -> Image:
    """What stands at ``path``, where its owner and mode may be changed.

    Raises:
        LeftAlone: as ``refuse_unsafe``; Gone when nothing stands there.
        OSError: it cannot be reached.
    """
    image = look(root, path)
    if image.kind == NOTHING:
        raise Gone(path, "is gone")
    entry = open_as_seen(root, image)
    try:
        refuse_unsafe(path, entry, os.fstat(entry))
    finally:
        os.close(entry)
    return image


def open_as_seen(root: int, seen: Image) -> int:
    """A path-only descriptor of an entry that is still what was seen.

    Raises:
        LeftAlone: it is not; Gone when nothing stands there.
        OSError: the kernel refuses.
    """
    try:
        entry = open_beneath(root, seen.path, PATH_ONLY)
    except FileNotFoundError:
        raise Gone(seen.path, "is gone") from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise LeftAlone(seen.path, f"cannot be reached: {why(error)}") from None
        raise
    if not same_entry(of_stat(seen.path, META, os.fstat(entry)), seen):
        os.close(entry)
        raise LeftAlone(seen.path, "was changed while liveproof was at work")
    return entry


def open_parent(root: int, path: str) -> tuple[int, str]:
    """A descriptor of the directory of ``path``, and the name in it.

    Raises:
        OSError: it cannot be reached.
    """
    folder, _, name = path.rpartition("/")
    return open_beneath(root, folder or ".", DIRECTORY), name


def _capable(entry: int) -> bool:
    try:
        return bool(os.getxattr(f"/proc/self/fd/{entry}", "security.capability"))
    except OSError:
        return False
