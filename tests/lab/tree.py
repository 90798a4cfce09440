"""Reading a tree as it is: for comparisons byte for byte, and for what changed in an overlay's upper layer."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """All that a copy of a directory entry would have to keep."""

    type: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int | None
    sha256: str | None
    link: str | None
    xattrs: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What the kernel changes whenever an entry changes, and what a directory shows of itself."""

    inode: int
    ctime_ns: int
    whiteout: bool
    opaque: bool
    directory: tuple[int, int, int, int, tuple[tuple[str, bytes], ...]] | None
    """Of a directory: mode, uid, gid, mtime, extended attributes."""

    def frozen(self) -> list[object]:
        """As JSON can hold it."""
        shown = self.directory and [*self.directory[:4], [[name, value.hex()] for name, value in self.directory[4]]]
        return [self.inode, self.ctime_ns, self.whiteout, self.opaque, shown]

    @classmethod
    def thawed(cls, raw: list[Any]) -> "Trace":
        """From what ``frozen`` gave."""
        inode, ctime_ns, whiteout, opaque, shown = raw
        if shown is not None:
            shown = (*shown[:4], tuple((name, bytes.fromhex(value)) for name, value in shown[4]))
        return cls(inode, ctime_ns, whiteout, opaque, shown)


def entries(root: Path) -> dict[str, Entry]:
    """Every entry below ``root``, and ``.`` for itself, by its path relative to ``root``."""
    found = {".": _entry(root)} if os.path.lexists(root) else {}
    found.update((relative, _entry(root / relative)) for relative in _below(root))
    return found


def traces(root: Path) -> dict[str, Trace]:
    """Every entry below ``root`` with what tells that it changed."""
    return {relative: trace for relative in _below(root) if (trace := _trace(root / relative))}


def changed(before: dict[str, Trace], after: dict[str, Trace], lowers: list[Path]) -> list[str]:
    """The host's paths that differ between two traces of its upper layer laid over ``lowers``, sorted.

    A directory is named when its own owner, mode or attributes changed, or when its time changed and no entry in it
    that came or went explains it: a file that was made and removed again is seen by that.
    """
    names: set[str] = set()
    moved: set[str] = set()
    directories: list[str] = []
    for path in before.keys() | after.keys():
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if new and new.directory and not (new.opaque and not (old and old.opaque)) and not (old and not old.directory):
            directories.append(path)
            if old is None and _lower(lowers, path) is None:
                names.add(path)
                moved.add(str(Path(path).parent))
            continue
        names.add(path)
        came = old is None and _lower(lowers, path) is None
        went = new is None or new.whiteout
        replaced = old is not None and new is not None and old.inode != new.inode
        # A copy-up does not touch its directory; all of these do.
        if came or went or replaced or (old is not None and old.whiteout):
            moved.add(str(Path(path).parent))
    for path in directories:
        old, new = before.get(path), after[path]
        shown = old.directory if old else _lower(lowers, path)
        if shown is None or new.directory is None:
            continue
        same = shown[:3] == new.directory[:3] and shown[4] == new.directory[4]
        if not same or (shown[3] != new.directory[3] and path not in moved):
            names.add(path)
    return sorted(f"/{name}" for name in names)


def _below(root: Path) -> Iterator[str]:
    waiting = [""]
    while waiting:
        directory = waiting.pop()
        try:
            listing = list(os.scandir(root / directory))
        except OSError:
            continue
        for entry in listing:
            relative = f"{directory}/{entry.name}" if directory else entry.name
            yield relative
            if entry.is_dir(follow_symlinks=False):
                waiting.append(relative)


def _entry(path: Path) -> Entry:
    info = path.lstat()
    kind = stat.S_IFMT(info.st_mode)
    regular = stat.S_ISREG(info.st_mode)
    return Entry(
        type={stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFSOCK: "socket"}.get(
            kind, "other"
        ),
        mode=stat.S_IMODE(info.st_mode),
        uid=info.st_uid,
        gid=info.st_gid,
        mtime_ns=info.st_mtime_ns,
        # How large a directory is depends on the layer it lies in.
        size=info.st_size if regular else None,
        sha256=_digest(path) if regular else None,
        link=os.readlink(path) if stat.S_ISLNK(info.st_mode) else None,
        xattrs=_attributes(path),
    )


def _trace(path: Path) -> Trace | None:
    try:
        info = path.lstat()
    except FileNotFoundError:
        return None
    directory = stat.S_ISDIR(info.st_mode)
    return Trace(
        inode=info.st_ino,
        # A directory's own change time also moves with what comes and goes in it, so it is compared by what it shows.
        ctime_ns=0 if directory else info.st_ctime_ns,
        whiteout=stat.S_ISCHR(info.st_mode) and info.st_rdev == 0,
        opaque=directory and _opaque(path),
        directory=_shown(path, info) if directory else None,
    )


def _lower(lowers: list[Path], path: str) -> tuple[int, int, int, int, tuple[tuple[str, bytes], ...]] | None:
    """What the topmost of ``lowers`` that has ``path`` shows of it."""
    for lower in lowers:
        with suppress(OSError):
            info = (lower / path).lstat()
            return _shown(lower / path, info)
    return None


def _shown(path: Path, info: os.stat_result) -> tuple[int, int, int, int, tuple[tuple[str, bytes], ...]]:
    return (stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns, _attributes(path))


def _attributes(path: Path) -> tuple[tuple[str, bytes], ...]:
    found: list[tuple[str, bytes]] = []
    with suppress(OSError):
        names = sorted(os.listxattr(path, follow_symlinks=False))
        # overlayfs keeps its own notes in these; the host never sees them.
        shown = [name for name in names if not name.startswith("trusted.overlay.")]
        found.extend((name, os.getxattr(path, name, follow_symlinks=False)) for name in shown)
    return tuple(found)


def _opaque(path: Path) -> bool:
    with suppress(OSError):
        return os.getxattr(path, "trusted.overlay.opaque", follow_symlinks=False) == b"y"
    return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
