"""What stands at a path at one moment: enough to tell whether it changed, and to put it back as it was."""

import errno
import hashlib
import os
import stat as modes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

from liveproof.host.files.openat2 import DIRECTORY, PATH_ONLY, open_beneath

META, WHOLE, TIMES = "meta", "whole", "times"
NOTHING, FILE, FOLDER, LINK, OTHER = "-", "f", "d", "l", "o"

Keep = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Image:
    """One path below a root at one moment.

    Attributes:
        path: below the root; ``.`` is the root itself.
        scope: what of it counts: ``meta`` owner and mode, ``whole`` content too, ``times`` only a directory's times.
        kind: ``-`` nothing stands there, ``f`` file, ``d`` directory, ``l`` symbolic link, ``o`` anything else.
        inode, uid, gid, mode, size, links: as stat(2); mode holds permission bits only.
        mtime, atime, ctime: nanoseconds since the epoch.
        sha256: of a whole file's content, hexadecimal.
        kept: where the content lies in the journal's file of kept contents, -1 when it was not kept.
        target: of a symbolic link.
        attributes: extended attributes of a whole file (ACLs are such), values hexadecimal.
    """

    path: str
    scope: str
    kind: str = NOTHING
    inode: int = 0
    uid: int = 0
    gid: int = 0
    mode: int = 0
    size: int = 0
    links: int = 0
    mtime: int = 0
    atime: int = 0
    ctime: int = 0
    sha256: str = ""
    kept: int = -1
    target: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    def row(self) -> list[object]:
        """The image as a JSON array."""
        return [getattr(self, name) for name in _NAMES]


_NAMES = tuple(field.name for field in fields(Image))


def from_row(row: list[object]) -> Image:
    """The image that ``row`` was made from.

    Raises:
        ValueError, TypeError: it is no such array.
    """
    values = dict(zip(_NAMES, row, strict=True))
    values["attributes"] = tuple((name, value) for name, value in values["attributes"])  # type: ignore[attr-defined]
    return Image(**values)  # type: ignore[arg-type]


def same(one: Image, other: Image) -> bool:
    """Whether nobody changed what the first image's scope is about.

    Devices are not compared: their numbers may differ after a reboot.
    """
    if one.kind != other.kind:
        return False
    if one.kind == NOTHING:
        return True
    if one.scope == TIMES:
        return (one.inode, one.mtime) == (other.inode, other.mtime)
    if (one.inode, one.uid, one.gid, one.mode) != (other.inode, other.uid, other.gid, other.mode):
        return False
    if one.scope == META or one.kind == FOLDER:
        return True
    return (one.size, one.sha256, one.mtime, one.target, one.attributes) == (
        other.size, other.sha256, other.mtime, other.target, other.attributes,
    )  # fmt: skip


def same_entry(one: Image, other: Image) -> bool:
    """Whether two images show the same entry with the same owner and mode, whatever their scopes."""
    return (one.kind, one.inode, one.uid, one.gid, one.mode) == (
        other.kind, other.inode, other.uid, other.gid, other.mode,
    )  # fmt: skip


def of_stat(path: str, scope: str, seen: os.stat_result) -> Image:
    """The image of what an open descriptor is, without content."""
    mode = seen.st_mode
    kind = (
        FILE if modes.S_ISREG(mode) else FOLDER if modes.S_ISDIR(mode) else LINK if modes.S_ISLNK(mode) else OTHER
    )  # fmt: skip
    return Image(
        path, scope, kind, seen.st_ino, seen.st_uid, seen.st_gid, modes.S_IMODE(mode), seen.st_size, seen.st_nlink,
        seen.st_mtime_ns, seen.st_atime_ns, seen.st_ctime_ns,
    )  # fmt: skip


def look(root: int, path: str, scope: str = META) -> Image:
    """What stands at ``path`` now; contents are not read.

    Raises:
        OSError: ELOOP or ENOTDIR when a link or file stands in the place of a directory on the way; not for ENOENT.
    """
    try:
        entry = open_beneath(root, path)
    except FileNotFoundError:
        return Image(path, scope)
    try:
        image = of_stat(path, scope, os.fstat(entry))
        return replace(image, target=os.readlink("", dir_fd=entry)) if image.kind == LINK else image
    finally:
        os.close(entry)


def read_whole(root: int, path: str, keep: Keep | None = None) -> Image:
    """What stands at ``path`` now, with the digest of its content; each part of the content is handed to ``keep``.

    Raises:
        OSError: as ``look``, and as read(2).
    """
    image = look(root, path, WHOLE)
    if image.kind != FILE:
        return image
    entry = open_beneath(root, path, PATH_ONLY)
    try:
        image = of_stat(path, WHOLE, os.fstat(entry))
        if image.kind != FILE:
            raise OSError(errno.ESTALE, "It is being replaced", path)
        # Opened for reading only once it is known to be a regular file: opening a device or FIFO may have effects.
        content = os.open(f"/proc/self/fd/{entry}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | _noatime())
    finally:
        os.close(entry)
    digest, size = hashlib.sha256(), 0
    try:
        while chunk := os.read(content, 1 << 20):
            digest.update(chunk)
            size += len(chunk)
            if keep:
                keep(chunk)
        return replace(image, size=size, sha256=digest.hexdigest(), attributes=attributes(content))
    finally:
        os.close(content)


def read_tree(root: int, path: str, each: Callable[[str], Image]) -> Iterator[Image]:
    """Images of everything at and below ``path``; ``each`` makes that of a file or link. Directories tell their times.

    Raises:
        OSError: as ``look``.
    """
    here = look(root, path)
    if here.kind != FOLDER:
        yield each(path)
        return
    yield here
    yield replace(here, scope=TIMES)
    folder = open_beneath(root, path, DIRECTORY)
    try:
        names = sorted(os.listdir(folder))
    finally:
        os.close(folder)
    for name in names:
        yield from read_tree(root, name if path == "." else f"{path}/{name}", each)


def attributes(descriptor: int) -> tuple[tuple[str, str], ...]:
    """The extended attributes of an open file, values hexadecimal; none where the file system has none."""
    try:
        return tuple((name, os.getxattr(descriptor, name).hex()) for name in sorted(os.listxattr(descriptor)))
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENODATA):
            return ()
        raise


def _noatime() -> int:
    return os.O_NOATIME if os.geteuid() == 0 else 0
