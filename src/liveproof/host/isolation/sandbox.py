"""A view of the file system of our own, where what a program of an app writes is thrown away.

For a process forked for that (``host/isolation/supervisor.py``), as root. What is done, in a mount namespace of its own
(mount_namespaces(7)):

- a file system in memory of limited size for the results, which goes with the namespace: secrets in it outlive nobody;
- an overlay over each tree that the program may want to write to, with its upper layer in memory (overlayfs in the
  kernel's documentation): writes succeed and vanish with the process;
- every other file system read-only (mount_setattr(2), Linux 5.12).
"""

import ctypes
import os
import stat as modes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PLACE = "/run/liveproof"
"""Where the view has its own file systems; a directory of root's on the host."""

_CLONE_NEWNS = 0x00020000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
_MOUNT_SETATTR = 442  # one number on every architecture
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID = 0x1, 0x2
_UPPER = b"mode=755,size=256m,nr_inodes=64k"


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))


@dataclass(frozen=True, slots=True)
class View:
    """``out`` takes the results; ``whole`` says whether every tree is covered and all else is read-only."""

    out: str
    whole: bool


def isolate(trees: Sequence[str], uid: int, gid: int, size: int, entries: int) -> View | None:
    """Give this process its own throw-away view; None where that is not allowed.

    Args:
        trees: absolute, resolved directories.
        uid: who may write the results.
        gid: his group.
        size: how many bytes the results may have.
        entries: how many files they may be.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not _place() or libc.unshare(_CLONE_NEWNS) or not _mount(libc, b"none", "/", None, _MS_REC | _MS_PRIVATE):
        return None
    # Opened before anything is covered: an overlay does not show the mounts below its tree, so each has its own.
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    opened = [(path, os.open(path, flags)) for path in _with_mounts(trees, PLACE)]
    bounds = f"mode=711,size={size},nr_inodes={entries}".encode()
    if not _mount(libc, b"tmpfs", PLACE, b"tmpfs", _MS_NOSUID | _MS_NODEV, options=bounds):
        return None
    out, top = f"{PLACE}/out", f"{PLACE}/top"
    for directory in (out, top):
        os.mkdir(directory, 0o700)
    os.chown(out, uid, gid)
    if not _mount(libc, b"tmpfs", top, b"tmpfs", _MS_NOSUID | _MS_NODEV, options=_UPPER):
        return None
    covered = [path for number, (path, handle) in enumerate(opened) if _cover(libc, path, handle, f"{top}/{number}")]
    closed = _attributes(libc, "/", _ATTR_RDONLY | _ATTR_NOSUID, 0, _AT_RECURSIVE)
    if closed:
        for path in (PLACE, *covered):
            _attributes(libc, path, 0, _ATTR_RDONLY)
    for _, handle in opened:
        os.close(handle)
    return View(out, closed and len(covered) == len(opened))


def _place() -> bool:
    """Whether the directory to mount upon is there, root's alone."""
    try:
        os.mkdir(PLACE, 0o755)
    except FileExistsError:
        pass
    except OSError:
        return False
    status = os.lstat(PLACE)
    return modes.S_ISDIR(status.st_mode) and status.st_uid == 0 and not status.st_mode & 0o022


def _cover(libc: ctypes.CDLL, path: str, handle: int, layer: str) -> bool:
    """An overlay over ``path``; where that takes none, what was there is shown again (and is read-only soon)."""
    status = os.fstat(handle)
    for part in ("upper", "work"):
        os.makedirs(f"{layer}/{part}")
    os.chown(f"{layer}/upper", status.st_uid, status.st_gid)
    # Without setuid and setgid, which a unit with RestrictSUIDSGID= may not set; all of this is thrown away.
    os.chmod(f"{layer}/upper", modes.S_IMODE(status.st_mode) & 0o1777)
    os.fchdir(handle)  # the lower directory is ".": its name may hold what the mount options use as separators
    options = f"lowerdir=.,upperdir={layer}/upper,workdir={layer}/work".encode()
    if _mount(libc, b"overlay", path, b"overlay", _MS_NOSUID | _MS_NODEV, options=options):
        return True
    _mount(libc, f"/proc/self/fd/{handle}".encode(), path, None, _MS_BIND)
    return False


def _with_mounts(trees: Iterable[str], *apart: str) -> list[str]:
    """The trees that exist and every mount below them, parents first, without what lies in ``apart``."""
    wanted = {tree for tree in trees if os.path.isdir(tree)}
    with open("/proc/self/mountinfo", "rb") as file:
        points = [os.fsdecode(_unescaped(line.split()[4])) for line in file]
    wanted.update(point for point in points if any(point.startswith(f"{tree}/") for tree in wanted))
    collected = (path for path in wanted if os.path.isdir(path) and not _inside(path, apart))
    return sorted(collected, key=lambda path: path.count("/"))


def _inside(path: str, directories: Iterable[str]) -> bool:
    return any(path == directory or path.startswith(f"{directory}/") for directory in directories)


def _unescaped(name: bytes) -> bytes:
    for character in b"\\ \t\n":
        name = name.replace(b"\\%03o" % character, bytes((character,)))
    return name


def _mount(libc: ctypes.CDLL, source: bytes, target: str, kind: bytes | None, flags: int, **data: bytes) -> bool:
    return not libc.mount(source, os.fsencode(target), kind, ctypes.c_ulong(flags), data.get("options"))


def _attributes(libc: ctypes.CDLL, path: str, on: int, off: int, flags: int = 0) -> bool:
    wanted = _Attributes(on, off, 0, 0)
    size = ctypes.sizeof(wanted)
    return not libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, ctypes.byref(wanted), size)
