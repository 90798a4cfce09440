"""The content of many files against the digests they should have, by two processes, without hashing twice what stays.

Files are reported by directory. A directory whose files were all right before, and whose files all have the very size,
times, inode and mode they had then, is not read again: only a digest of these numbers is remembered for it.
"""

import os
import stat as modes
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from errno import ELOOP
from functools import reduce
from typing import Any

from liveproof.host.child_process import together
from liveproof.host.files.dir_handles import Descent
from liveproof.host.files.file_state import settled

# What a file should be: name, kind (``f`` file, ``x`` executable file, ``l`` link), digest in hexadecimal.
Wanted = tuple[str, str, str]
Directory = tuple[str, Sequence[Wanted]]

READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_AT_ONCE = 1 << 20
_HEADER = 32  # room for what git puts before a blob


@dataclass(frozen=True, slots=True)
class Compared:
    """How files compare. Paths are relative to the root.

    ``changed`` have another content or type, ``missing`` are not there, ``unseen`` could not be read (with the reason),
    ``modes`` are right but have lost their executable bits. ``right``: directory to the digest of its files' numbers,
    for those directories whose files are all right; to be given back as ``remembered``. ``count`` is the number of
    files proven right or wrong, ``hashed`` of those read.
    """

    changed: list[str]
    missing: list[str]
    unseen: list[tuple[str, str]]
    modes: list[str]
    right: dict[str, str]
    count: int
    hashed: int

    def joined(self, other: "Compared") -> "Compared":
        """Both, of different directories."""
        return Compared(
            self.changed + other.changed, self.missing + other.missing, self.unseen + other.unseen,
            self.modes + other.modes, self.right | other.right, self.count + other.count, self.hashed + other.hashed,
        )  # fmt: skip


def compare(
    root: str, directories: Sequence[Directory], remembered: Mapping[str, str], algorithm: str, *, blobs: bool = False
) -> Compared:
    """Compare the files of ``directories`` below ``root`` (paths relative to it, ``.`` is the root itself).

    ``algorithm`` is sha1 or sha256; with ``blobs`` the digests are git's, which puts a header before the content.
    No link is followed below the root, so a link in the place of a file or directory counts as changed.

    Raises:
        OSError: the root cannot be opened.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    digest = digester(algorithm, blobs=blobs)

    def share(claims: Iterator[int]) -> tuple[Any, ...]:
        part = _Part(Descent(descriptor), digest, remembered)
        try:
            for claim in claims:
                part.directory(*directories[claim])
        finally:
            part.descent.close()
        return part.changed, part.missing, part.unseen, part.modes, part.right, part.count, part.hashed

    try:
        parts = [Compared(*part) for part in together(len(directories), share)]
    finally:
        os.close(descriptor)
    total = reduce(Compared.joined, parts)
    for paths in (total.changed, total.missing, total.unseen, total.modes):
        paths.sort()
    return total


class _Part:
    """What one process compares."""

    def __init__(self, descent: Descent, digest: "Callable[[int, int], str]", remembered: Mapping[str, str]) -> None:
        self.descent = descent
        self.changed: list[str] = []
        self.missing: list[str] = []
        self.unseen: list[tuple[str, str]] = []
        self.modes: list[str] = []
        self.right: dict[str, str] = {}
        self.count = 0
        self.hashed = 0
        self._digest = digest
        self._remembered = remembered

    def directory(self, path: str, wanted: Sequence[Wanted]) -> None:
        """Compare the files of one directory."""
        at = "" if path == "." else f"{path}/"
        try:
            descriptor = self.descent.open(path)
        except FileNotFoundError:
            self.missing += [at + name for name, _, _ in wanted]
            self.count += len(wanted)
            return
        except OSError as error:
            if isinstance(error, NotADirectoryError) or error.errno == ELOOP:
                self.changed += [at + name for name, _, _ in wanted]
                self.count += len(wanted)
            else:
                self.unseen += [(at + name, error.strerror or str(error)) for name, _, _ in wanted]
            return
        known = self._remembered.get(path)
        if known is not None and known == _numbers_now(descriptor, wanted):
            self.count += len(wanted)
            self.right[path] = known
            return
        numbers: list[int] | None = []
        for name, kind, digest in wanted:
            found = self._file(descriptor, at + name, name, kind, digest)
            if found is None or numbers is None or not settled(found.st_ctime_ns, time.time()):
                numbers = None
            else:
                numbers += _numbers(found)
        if numbers:
            self.right[path] = _fingerprint(numbers)

    def _file(self, directory: int, path: str, name: str, kind: str, digest: str) -> os.stat_result | None:
        """Compare one file; its status when it is right."""
        try:
            observed, found = self._link(directory, name) if kind == "l" else self._regular(directory, name)
        except FileNotFoundError:
            self.missing.append(path)
            self.count += 1
            return None
        except OSError as error:
            if error.errno != ELOOP:  # anything but a link in a file's place
                self.unseen.append((path, error.strerror or str(error)))
                return None
            observed, found = None, ""
        self.count += 1
        if observed is None or found != digest:
            self.changed.append(path)
            return None
        if kind == "x" and not observed.st_mode & 0o111:
            self.modes.append(path)
            return None
        return observed

    def _regular(self, directory: int, name: str) -> tuple[os.stat_result | None, str]:
        descriptor = os.open(name, READ_FLAGS, dir_fd=directory)
        try:
            status = os.fstat(descriptor)
            if not modes.S_ISREG(status.st_mode):
                return None, ""
            self.hashed += 1
            return status, self._digest(descriptor, status.st_size)
        finally:
            os.close(descriptor)

    def _link(self, directory: int, name: str) -> tuple[os.stat_result | None, str]:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not modes.S_ISLNK(status.st_mode):
            return None, ""
        target = os.fsencode(os.readlink(name, dir_fd=directory))
        reading, writing = os.pipe()
        try:
            os.write(writing, target)
            os.close(writing)
            return status, self._digest(reading, len(target))
        finally:
            os.close(reading)


def digester(algorithm: str, *, blobs: bool) -> "Callable[[int, int], str]":
    """A function from a descriptor and its size to the digest of what it holds."""
    import hashlib  # noqa: PLC0415  (OpenSSL; a check of unchanged files needs none)

    make = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}[algorithm]
    buffer = memoryview(bytearray(_HEADER + _AT_ONCE))
    content = buffer[_HEADER:]

    def digest(descriptor: int, size: int) -> str:
        start = _HEADER
        if blobs:
            header = b"blob %d\0" % size
            start -= len(header)
            buffer[start:_HEADER] = header
        read = os.readv(descriptor, (content,))
        state = make(buffer[start : _HEADER + read], usedforsecurity=False)
        if read != size or read == _AT_ONCE:  # else all of it was read at once
            while read := os.readv(descriptor, (content,)):
                state.update(content[:read])
        return state.hexdigest()

    return digest


def _numbers(seen: os.stat_result) -> tuple[int, int, int, int, int]:
    return seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_mode


def _numbers_now(directory: int, wanted: Sequence[Wanted]) -> str:
    numbers: list[int] = []
    for name, _, _ in wanted:
        try:
            numbers += _numbers(os.stat(name, dir_fd=directory, follow_symlinks=False))
        except OSError:
            return ""
    return _fingerprint(numbers)


def _fingerprint(numbers: list[int]) -> str:
    import hashlib  # noqa: PLC0415  (as above)

    return hashlib.blake2b(repr(numbers).encode(), digest_size=12).hexdigest()
