"""What is mounted where, from proc_pid_mountinfo(5), which never waits for a server."""

import os

from liveproof.host.child_process import Lost, forked

# File systems whose server may be gone: a call to them may wait for ever.
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "afs", "9p", "ncpfs", "gfs2", "ocfs2")
_ASKED = 4
_TABLE = "/proc/self/mountinfo"
_PSEUDO = ("/proc", "/sys", "/dev", "/run")


def hangs(path: str) -> bool:
    """Whether ``path`` lies on, or holds, a file system that may make a call wait for ever; unknown counts as no."""
    path = os.path.abspath(path)
    on, above = "", ""
    for point, kind in mounts():
        if point == path or point.startswith(f"{path.rstrip('/')}/"):
            if remote(kind):
                return True
        elif f"{path}/".startswith(f"{point.rstrip('/')}/") and len(point) >= len(above):
            on, above = kind, point
    return remote(on)


def silent(seconds: float) -> tuple[str, ...]:
    """The mount points of servers that do not answer within ``seconds`` each; the first few that there are."""
    found = []
    for point in [point for point, kind in mounts() if remote(kind)][:_ASKED]:
        try:
            forked(lambda point=point: os.statvfs(point)[0], seconds)  # type: ignore[misc]
        except Lost:
            found.append(point)
        except OSError:
            continue
    return tuple(found)


def pseudo(path: str) -> bool:
    """Whether ``path`` lies among the kernel's own file systems."""
    return any(f"{path}/".startswith(f"{top}/") for top in _PSEUDO)


def remote(kind: str) -> bool:
    """Whether a file system of this type has a server, or a program, that may not answer or changes files unseen."""
    return kind in _REMOTE or kind.startswith("fuse")


def mounts(table: str = "") -> list[tuple[str, str]]:
    """Mount points and types in the order of mounting, of ourselves or of another process; none without /proc.

    A name's blanks and backslashes are written as three octal digits.
    """
    try:
        with open(table or _TABLE, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return []
    found = []
    for line in lines:
        left, dash, right = line.partition(" - ")
        fields = left.split(" ")
        if dash and len(fields) > 4:
            found.append((_unescape(fields[4]), right.split(" ")[0]))
    return found


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    first, *rest = text.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)
