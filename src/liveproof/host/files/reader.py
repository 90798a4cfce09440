"""Files as a probe may ask for them: opened without blocking, bounded, never changed."""

import glob
import os
import stat as modes
import struct
import time
from dataclasses import dataclass

from liveproof.host.errors import CannotSee

READ_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stat:
    """What lstat(2) or stat(2) tells: file type and permission bits, owner, size, times in ns, links, inode, device."""

    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    ctime_ns: int
    nlink: int
    inode: int
    device: int

    @property
    def is_directory(self) -> bool:
        """A directory."""
        return modes.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """A regular file."""
        return modes.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """A symbolic link."""
        return modes.S_ISLNK(self.mode)

    @property
    def is_socket(self) -> bool:
        """A socket."""
        return modes.S_ISSOCK(self.mode)

    @property
    def permissions(self) -> int:
        """Permission bits with setuid, setgid and sticky."""
        return modes.S_IMODE(self.mode)


class FileReader:
    """Files of a live machine. Paths are absolute; names that are not UTF-8 use surrogateescape.

    Attributes:
        root: whether we are root.
    """

    def __init__(self) -> None:
        self.root = os.geteuid() == 0

    def now(self) -> float:
        """The time in epoch seconds."""
        return time.time()

    def read(self, path: str, limit: int = READ_LIMIT) -> bytes:
        """A regular file's first ``limit`` bytes. Opened without blocking: a FIFO or device is refused, not waited for.

        Raises:
            CannotSee: not a regular file.
            OSError: as open(2) and read(2).
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not modes.S_ISREG(os.fstat(descriptor).st_mode):
                raise CannotSee(f"{path} is not a regular file")
            chunks = []
            while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
                chunks.append(chunk)
                limit -= len(chunk)
            return b"".join(chunks)
        finally:
            os.close(descriptor)

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        """``length`` bytes of a regular file from ``offset``; fewer at its end.

        Raises:
            CannotSee: not a regular file.
            OSError: as open(2) and pread(2).
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            if not modes.S_ISREG(os.fstat(descriptor).st_mode):
                raise CannotSee(f"{path} is not a regular file")
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def stat(self, path: str, *, follow: bool = True) -> Stat | None:
        """The status of a path, None when nothing is there.

        Raises:
            OSError: a parent cannot be searched, a loop of links, an I/O error.
        """
        try:
            status = os.stat(path, follow_symlinks=follow)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stat(
            status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
            status.st_nlink, status.st_ino, status.st_dev,
        )  # fmt: skip

    def readlink(self, path: str) -> str:
        """The target of a symbolic link.

        Raises:
            OSError: as readlink(2).
        """
        return os.readlink(path)

    def resolve(self, path: str) -> str:
        """The path with every symbolic link resolved; parts that do not exist stay as they are."""
        return os.path.realpath(path)

    def default_acl(self, directory: str) -> tuple[tuple[int, int, int], ...]:
        """The ACL that a directory hands down to new files (acl(5)): tag, permission bits and id of each entry.

        Tags are the kernel's: 2 a user, 8 a group, 1, 4, 16 and 32 owner, owning group, mask and others. Empty without.
        """
        try:
            packed = os.getxattr(directory, "system.posix_acl_default")
        except OSError:
            return ()
        return tuple(struct.iter_unpack("<HHI", packed[4 : 4 + (len(packed) - 4) // 8 * 8]))

    def list(self, path: str) -> tuple[str, ...]:
        """The names in a directory, sorted.

        Raises:
            OSError: as opendir(3).
        """
        return tuple(sorted(os.listdir(path)))

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The paths that match a shell pattern, sorted; includes of nginx and php-fpm are written so."""
        return tuple(sorted(glob.glob(pattern)))
