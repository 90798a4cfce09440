"""The writing door: everything that liveproof ever does to a file goes through here.

Every function takes an open root directory, a path below it, and the image of what the caller saw there. The path is
opened once, without following a link; what was opened is compared with that image, and the change is made to the
descriptor. Whoever swaps, links or renames something in between changes what is refused, never what is written.
"""

import ctypes
import errno
import os
import stat as modes
from collections.abc import Iterable
from dataclasses import replace

from liveproof.host.files.openat2 import DIRECTORY, open_beneath
from liveproof.host.files.snapshot import FILE, FOLDER, META, WHOLE, Image, attributes, look, of_stat, read_whole, same
from liveproof.host.write.safety import Gone, LeftAlone, open_as_seen, open_parent, refuse_unsafe, refuse_unsafe_place

_LIBC = ctypes.CDLL(None, use_errno=True)
_EMPTY_PATH, _SYMLINK_NOFOLLOW = 0x1000, 0x100
_PRIVILEGE_BITS = modes.S_ISUID | modes.S_ISGID


def change(root: int, seen: Image, *, uid: int = -1, gid: int = -1, mode: int = -1) -> Image:
    """Change owner and mode of the entry that ``seen`` shows (-1 leaves a value) and return what it is then.

    Raises:
        LeftAlone: it is not there as it was seen, or changing it is not safe.
        OSError: the kernel refuses.
    """
    entry = open_as_seen(root, seen)
    try:
        now = os.fstat(entry)
        refuse_unsafe(seen.path, entry, now)
        wanted = modes.S_IMODE(now.st_mode) if mode == -1 else mode
        if modes.S_ISREG(now.st_mode) and wanted & _PRIVILEGE_BITS:
            raise LeftAlone(seen.path, "would become setuid or setgid, which liveproof gives no file")
        if (uid, gid) != (-1, -1):
            _call(_LIBC.fchownat(entry, b"", uid, gid, _EMPTY_PATH | _SYMLINK_NOFOLLOW), seen.path)
        # chown(2) may clear bits of the mode; a link's own mode means nothing and cannot be set.
        if not modes.S_ISLNK(now.st_mode) and modes.S_IMODE(os.fstat(entry).st_mode) != wanted:
            os.chmod(f"/proc/self/fd/{entry}", wanted)
        return of_stat(seen.path, META, os.fstat(entry))
    finally:
        os.close(entry)


def make_directory(root: int, path: str, uid: int, gid: int, mode: int) -> Image:
    """Make the directory ``path`` where nothing stands, with owner and mode, and return its image.

    Raises:
        LeftAlone: something stands there.
        OSError: the kernel refuses.
    """
    parent, name = open_parent(root, path)
    try:
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            raise LeftAlone(path, "has come into being since it was looked at") from None
        folder = os.open(name, DIRECTORY, dir_fd=parent)
        try:
            now = os.fstat(folder)
            # Whoever may write the parent could have put another directory there by now.
            if now.st_uid != os.geteuid() or modes.S_IMODE(now.st_mode) & 0o777 != 0o700 or os.listdir(folder):
                raise LeftAlone(path, "was replaced while it was made")
            os.fchown(folder, uid, gid)
            os.fchmod(folder, mode)
            return of_stat(path, META, os.fstat(folder))
        finally:
            os.close(folder)
    finally:
        os.close(parent)


def remove(root: int, seen: Image) -> None:
    """Remove the file, link or empty directory that ``seen`` shows.

    Raises:
        LeftAlone: it is not there as it was seen, or the directory is not empty.
        OSError: the kernel refuses.
    """
    parent, name = open_parent(root, seen.path)
    try:
        os.close(open_as_seen(root, seen))
        try:
            if seen.kind == FOLDER:
                os.rmdir(name, dir_fd=parent)
            else:
                os.unlink(name, dir_fd=parent)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise LeftAlone(seen.path, "holds files that came since") from None
            raise
    finally:
        os.close(parent)


def move(root: int, seen: Image, path: str) -> None:
    """Rename the file that ``seen`` shows to ``path``, at once, over whatever file stands there.

    Raises:
        LeftAlone: it is not there as it was seen, or is no plain file with one name.
        OSError: the kernel refuses; what stood there still stands.
    """
    if seen.kind != FILE or seen.links != 1:
        raise LeftAlone(seen.path, "is not a regular file, so it is put in no place")
    parent, name = open_parent(root, seen.path)
    try:
        goal, new = open_parent(root, path)
        try:
            os.close(open_as_seen(root, seen))
            os.rename(name, new, src_dir_fd=parent, dst_dir_fd=goal)
            os.fsync(goal)
        finally:
            os.close(goal)
    finally:
        os.close(parent)


def put_file(root: int, seen: Image, wanted: Image, content: Iterable[bytes], temporary: str) -> Image:
    """Put a file with the content, owner, mode, times and attributes of ``wanted`` in the place of ``seen``, at once.

    It is written beside its place under the name ``temporary``, flushed to the disk and renamed: at every moment either
    the old or the new file stands there whole. Times of 0 are left to the file system.

    Raises:
        LeftAlone: the place is not as it was seen.
        OSError: the kernel refuses; the old file still stands.
    """
    parent, name = open_parent(root, wanted.path)
    made = False
    try:
        refuse_unsafe_place(root, seen)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        new = os.open(temporary, flags, 0o600, dir_fd=parent)
        made = True
        try:
            for chunk in content:
                _write(new, chunk)
            _set_metadata(new, wanted)
            os.fsync(new)
        finally:
            os.close(new)
        _unchanged(root, seen)
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        made = False
        os.fsync(parent)
    finally:
        if made:
            _discard(temporary, parent)
        os.close(parent)
    return read_whole(root, wanted.path)


def put_link(root: int, seen: Image, wanted: Image, temporary: str) -> Image:
    """Put a symbolic link to ``wanted.target`` with ``wanted``'s owner and times in the place of ``seen``, at once.

    Raises:
        LeftAlone: the place is not as it was seen.
        OSError: the kernel refuses; what stood there still stands.
    """
    parent, name = open_parent(root, wanted.path)
    made = False
    try:
        os.symlink(wanted.target, temporary, dir_fd=parent)
        made = True
        new = open_beneath(parent, temporary)
        try:
            if not modes.S_ISLNK(os.fstat(new).st_mode):
                raise LeftAlone(wanted.path, "was replaced while it was made")
            _call(_LIBC.fchownat(new, b"", wanted.uid, wanted.gid, _EMPTY_PATH | _SYMLINK_NOFOLLOW), wanted.path)
        finally:
            os.close(new)
        if wanted.mtime:
            os.utime(temporary, ns=(wanted.atime, wanted.mtime), dir_fd=parent, follow_symlinks=False)
        _unchanged(root, seen)
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        made = False
        os.fsync(parent)
    finally:
        if made:
            _discard(temporary, parent)
        os.close(parent)
    return look(root, wanted.path, WHOLE)


def set_times(root: int, seen: Image, *, mtime: int, atime: int) -> None:
    """Set the times (ns since the epoch) of the directory that ``seen`` shows.

    Raises:
        LeftAlone: another directory stands there, or none.
        OSError: the kernel refuses.
    """
    try:
        folder = open_beneath(root, seen.path, DIRECTORY)
    except FileNotFoundError:
        raise Gone(seen.path, "is gone") from None
    try:
        if os.fstat(folder).st_ino != seen.inode:
            raise LeftAlone(seen.path, "is another directory now")
        os.utime(folder, ns=(atime, mtime))
    finally:
        os.close(folder)


def sweep(root: int, folder: str, prefix: str) -> int:
    """Remove what an interrupted ``put_file`` or ``put_link`` left in a directory, and return how many.

    Raises:
        OSError: the directory cannot be read.
    """
    try:
        place = open_beneath(root, folder, DIRECTORY)
    except FileNotFoundError:
        return 0
    try:
        left = [name for name in os.listdir(place) if name.startswith(prefix)]
        for name in left:
            _discard(name, place)
        return len(left)
    finally:
        os.close(place)


def _unchanged(root: int, seen: Image) -> None:
    """Refuse when the place is no longer as it was seen; content counts when it was read."""
    now = look(root, seen.path, seen.scope) if not seen.sha256 else read_whole(root, seen.path)
    if not same(replace(now, scope=seen.scope), seen):
        raise LeftAlone(seen.path, "was changed while liveproof was at work")


def _set_metadata(new: int, wanted: Image) -> None:
    """Owner before mode, for chown(2) clears bits of the mode; ACLs after both, times last."""
    os.fchown(new, wanted.uid, wanted.gid)
    os.fchmod(new, wanted.mode)
    have, want = dict(attributes(new)), dict(wanted.attributes)
    for name in have.keys() - want.keys():
        if not name.startswith("security."):
            os.removexattr(new, name)
    for name, value in want.items():
        if have.get(name) != value:
            os.setxattr(new, name, bytes.fromhex(value))
    if wanted.mtime:
        os.utime(new, ns=(wanted.atime, wanted.mtime))


def _write(descriptor: int, chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(descriptor, chunk) :]


def _discard(name: str, parent: int) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except OSError:
        return  # it was renamed or removed by somebody who may write there; nothing of ours is left


def _call(result: int, path: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), path)
