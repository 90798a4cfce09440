"""Run one program of an inspected app as its user, in a view of the file system where what it writes is thrown away.

Started by ``host/apart.py`` as ``python -I -S sandbox.py SPECIFICATION``, as root; it is a program of its own so that
its parent keeps its time limit over the mounts as well. What is done, in a mount namespace of its own
(mount_namespaces(7)):

- an overlay over each tree that the program may want to write to, with its upper layer in memory (overlayfs in the
  kernel's documentation): writes succeed and vanish with the process;
- every other file system read-only (mount_setattr(2), Linux 5.12), but for the directory that takes the results;
- no new privileges (PR_SET_NO_NEW_PRIVS): with mounts of its own a set-user-id program could be led astray.

Where mounts are not allowed the program runs all the same: its caller has pointed its output elsewhere already.
"""

import ctypes
import json
import os
import resource
import stat as modes
import sys
from collections.abc import Iterable, Sequence

FAILED = 96

_CLONE_NEWNS = 0x00020000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
_PR_SET_NO_NEW_PRIVS = 38
_MOUNT_SETATTR = 442  # one number on every architecture
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID = 0x1, 0x2
_MEMORY = b"mode=755,size=256m"


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))


def main(specification: str) -> None:
    """Become what ``specification`` (JSON) says; never returns when all goes well.

    Keys: ``argv``, ``cwd``, ``uid``, ``gid``, ``groups``, ``out`` (results), ``top`` (an empty directory of root's for
    the upper layers), ``trees`` (absolute, resolved), ``reads`` (files without which the program would mislead),
    ``alone`` (not started where it could not be kept apart).
    """
    spec = json.loads(specification)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not isolate(libc, spec["out"], spec["top"], spec["trees"]) and spec["alone"]:
        raise PermissionError(1, "it cannot be kept apart from the app", spec["argv"][0])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.setgroups(spec["groups"])
    os.setresgid(spec["gid"], spec["gid"], spec["gid"])
    os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    if 0 in os.getresuid() or os.getresuid() != (spec["uid"],) * 3 or os.getresgid() != (spec["gid"],) * 3:
        raise PermissionError(1, "not that user", spec["argv"][0])  # -1 would have left us root
    os.chdir(spec["cwd"])
    for path in spec["reads"]:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))
    os.execv(spec["argv"][0], spec["argv"])  # noqa: S606  (no shell is wanted)


def isolate(libc: ctypes.CDLL, out: str, top: str, trees: Sequence[str]) -> bool:
    """Give this process its own throw-away view; False where that is not allowed, or a tree takes no overlay."""
    if libc.unshare(_CLONE_NEWNS) or not _mount(libc, b"none", "/", None, _MS_REC | _MS_PRIVATE):
        return False
    if not _mount(libc, os.fsencode(out), out, None, _MS_BIND):
        return False
    if not _mount(libc, b"tmpfs", top, b"tmpfs", _MS_NOSUID | _MS_NODEV, options=_MEMORY):
        return False
    # Opened before anything is covered: an overlay does not show the mounts below its tree, so each has its own.
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    opened = [(path, os.open(path, flags)) for path in _with_mounts(trees, out, top)]
    covered = [path for number, (path, handle) in enumerate(opened) if _cover(libc, path, handle, f"{top}/{number}")]
    if _attributes(libc, "/", _ATTR_RDONLY | _ATTR_NOSUID, 0, _AT_RECURSIVE):
        for path in (out, *covered):
            _attributes(libc, path, 0, _ATTR_RDONLY)
    for _, handle in opened:
        os.close(handle)
    return len(covered) == len(opened)


def _cover(libc: ctypes.CDLL, path: str, handle: int, layer: str) -> bool:
    """An overlay over ``path``; where that takes none, what was there is shown again (and is read-only soon)."""
    seen = os.fstat(handle)
    for part in ("upper", "work"):
        os.makedirs(f"{layer}/{part}")
    os.chown(f"{layer}/upper", seen.st_uid, seen.st_gid)
    os.chmod(f"{layer}/upper", modes.S_IMODE(seen.st_mode))
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
    kept = (path for path in wanted if os.path.isdir(path) and not _inside(path, apart))
    return sorted(kept, key=lambda path: path.count("/"))


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


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except OSError as error:
        sys.stderr.write(f"that user cannot use {error.filename or 'the program'}: {error.strerror}\n")
        sys.exit(FAILED)
