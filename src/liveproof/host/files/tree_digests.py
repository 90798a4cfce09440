"""Every file below a directory with mode, size and SHA-256, by two processes; what cannot be vouched for is told apart.

No link is followed below the root, and nothing but a regular file is opened: a FIFO or device is refused by its type.
"""

import os
import posixpath
import re
import stat as modes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from liveproof.host.child_process import together
from liveproof.host.deadline import left
from liveproof.host.files.digests import READ_FLAGS, digester
from liveproof.host.files.dir_handles import Descent

# Path below the root, ``file`` or ``link``, permission bits, size in bytes, SHA-256 in hexadecimal (of a link: of where
# it leads).
Measured = tuple[str, str, int, int, str]

_Names = list[tuple[str, bool]]

MOST_FILES = 1_000_000
MOST_BYTES = 2 << 30  # of one file
# Control characters, line separators, what turns the direction of a line around, and bytes that are not UTF-8.
_UNFIT = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_KINDS = {
    modes.S_IFIFO: "a FIFO", modes.S_IFSOCK: "a socket", modes.S_IFBLK: "a device", modes.S_IFCHR: "a device",
    modes.S_IFDIR: "a directory", modes.S_IFREG: "a file", modes.S_IFLNK: "a link",
}  # fmt: skip


class TooMany(Exception):
    """The directory holds more files than any release."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a directory, sorted by path, and what cannot be one of a release, each with the reason."""

    files: list[Measured]
    refused: list[tuple[str, str]]


def unfit(path: str) -> str:
    """Why a path cannot stand in a manifest; empty where it can."""
    if path.isascii() and path.isprintable():
        return ""
    found = _UNFIT.search(path)
    if not found:
        return ""
    return "its name is not UTF-8" if "\ud800" <= found[0] <= "\udfff" else "its name holds a control character"


def measure(root: str, excluded: Callable[[str], bool]) -> Tree:
    """Measure what lies below ``root``; ``excluded`` tells of a path below it, or of a directory, what is left out.

    Raises:
        OSError: the root cannot be opened.
        TooMany: there are more than a million files.
        deadline.TimeIsUp: there is no time left.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        directories, refused = _listed(descriptor, excluded)

        def share(claims: Iterator[int]) -> tuple[Any, ...]:
            part = _Part(Descent(descriptor))
            try:
                for claim in claims:
                    left()
                    part.directory(*directories[claim])
            finally:
                part.descent.close()
            return part.files, part.refused

        parts = together(len(directories), share)
    finally:
        os.close(descriptor)
    files = [file for part, _ in parts for file in part]
    return Tree(sorted(files), sorted([*refused, *(each for _, part in parts for each in part)]))


def _listed(root: int, excluded: Callable[[str], bool]) -> tuple[list[tuple[str, _Names]], list[tuple[str, str]]]:
    """The names in each directory with whether that is a regular file, and what cannot be one of a release."""
    descent = Descent(root)
    found: list[tuple[str, _Names]] = []
    refused: list[tuple[str, str]] = []
    waiting = ["."]
    count = 0
    try:
        while waiting:
            left()
            path = waiting.pop()
            at = "" if path == "." else f"{path}/"
            try:
                with os.scandir(descent.open(path)) as entries:
                    here = [
                        (entry.name, entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False))
                        for entry in entries
                    ]
            except OSError as error:
                refused.append((path, f"cannot be read: {error.strerror or error}"))
                continue
            names = []
            for name, directory, regular in here:
                if excluded(at + name):
                    continue
                if why := unfit(name):
                    refused.append((at + name, why))
                elif directory:
                    waiting.append(at + name)
                else:
                    names.append((name, regular))
            count += len(names)
            if count > MOST_FILES:
                raise TooMany(f"it holds more than {MOST_FILES:,} files")
            if names:
                found.append((path, names))
    finally:
        descent.close()
    return found, refused


class _Part:
    """What one process measures."""

    def __init__(self, descent: Descent) -> None:
        self.descent = descent
        self.files: list[Measured] = []
        self.refused: list[tuple[str, str]] = []
        self._digest = digester("sha256", blobs=False)

    def directory(self, path: str, names: Sequence[tuple[str, bool]]) -> None:
        """Measure the files of one directory."""
        at = "" if path == "." else f"{path}/"
        try:
            here = self.descent.open(path)
        except OSError as error:
            self.refused.append((path, f"cannot be read: {error.strerror or error}"))
            return
        for name, regular in names:
            try:
                if regular:
                    self._file(here, at + name, name)
                else:
                    self._other(here, path, at + name, name)
            except OSError as error:
                self.refused.append((at + name, f"cannot be read: {error.strerror or error}"))

    def _other(self, directory: int, path: str, whole: str, name: str) -> None:
        seen = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if modes.S_ISLNK(seen.st_mode):
            self._link(directory, path, whole, name)
        else:
            kind = _KINDS.get(modes.S_IFMT(seen.st_mode), "neither a file nor a link")
            self.refused.append((whole, f"is {kind}; a release holds files and links alone"))

    def _file(self, directory: int, whole: str, name: str) -> None:
        descriptor = os.open(name, READ_FLAGS, dir_fd=directory)
        try:
            before = os.fstat(descriptor)
            if not modes.S_ISREG(before.st_mode):
                self.refused.append((whole, "was replaced while it was read"))
                return
            if before.st_size > MOST_BYTES:
                self.refused.append((whole, f"is larger than {MOST_BYTES >> 30} GiB"))
                return
            digest = self._digest(descriptor, before.st_size)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
            after.st_size, after.st_mtime_ns, after.st_ctime_ns,
        ):  # fmt: skip
            self.refused.append((whole, "changed while it was read"))
            return
        self.files.append((whole, "file", modes.S_IMODE(before.st_mode), before.st_size, digest))

    def _link(self, directory: int, path: str, whole: str, name: str) -> None:
        import hashlib  # noqa: PLC0415  (OpenSSL)

        target = os.readlink(name, dir_fd=directory)
        if why := unfit(target) or _leads_out(path, target):
            self.refused.append((whole, why if why.startswith("is ") else "is a link to a name that cannot be written"))
            return
        content = target.encode()
        self.files.append((whole, "link", 0o777, len(content), hashlib.sha256(content).hexdigest()))


def _leads_out(directory: str, target: str) -> str:
    """Why a link may lead out of the tree; empty where it cannot.

    ``..`` stands at the beginning only: behind a name that is a link itself it would not lead where it seems to.
    """
    if target.startswith("/"):
        return "is a link to an absolute path"
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((at for at, part in enumerate(parts) if part != ".."), len(parts))
    depth = 0 if directory == "." else len(posixpath.normpath(directory).split("/"))
    return "is a link that leads out of the directory" if ups > depth or ".." in parts[ups:] else ""
