"""Open a file only when nobody but its owner (and root) could have written it or put it there.

The path is walked from ``/`` one name at a time on descriptors, symbolic links included, so that what was judged is
what is read: nobody can swap a part in between. A directory that others may write is trusted only with the sticky bit,
where they cannot rename or remove what is not theirs (inode(7)). An ACL that lets others write shows in the group bits
(acl(5)), so mode bits tell enough.
"""

import grp
import os
import pwd
import stat as modes

_LINKS = 40  # as many as the kernel follows (path_resolution(7))
_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class Untrusted(Exception):
    """Another user could have written the file; the message names the part of the path and what to do."""


def read(path: str, *, limit: int, owner: int = 0) -> tuple[bytes, os.stat_result]:
    """At most ``limit`` bytes of a regular file that only ``owner`` or root could have written, and its status.

    Raises:
        Untrusted: another user could have.
        OSError: it cannot be opened or read; ELOOP for a circle of links, EINVAL when it is no regular file.
    """
    # Whoever stands in a directory that is gone, as after a deploy, still names absolute paths.
    whole = path if path.startswith("/") else os.path.join(os.getcwd(), path)
    wanted = [part for part in whole.split("/") if part not in ("", ".")]
    stack = [os.open("/", _PATH_ONLY | os.O_DIRECTORY)]
    names: list[str] = []
    links = 0
    try:
        _judge(os.fstat(stack[0]), "/", owner)
        while wanted:
            name = wanted.pop(0)
            if name == "..":
                _up(stack, names)
                continue
            here = "/" + "/".join([*names, name])
            part = os.open(name, _PATH_ONLY, dir_fd=stack[-1])
            status = os.fstat(part)
            if modes.S_ISLNK(status.st_mode):
                target = _target(part, status, here, owner)
                links += 1
                if links > _LINKS:
                    raise OSError(40, "Too many levels of symbolic links", path)
                wanted[:0] = [step for step in target.split("/") if step not in ("", ".")]
                if target.startswith("/"):
                    while len(stack) > 1:
                        _up(stack, names)
                continue
            stack.append(part)
            names.append(name)
            _judge(status, here, owner)
        return _contents(stack[-1], "/" + "/".join(names), limit)
    finally:
        for descriptor in stack:
            os.close(descriptor)


def _up(stack: list[int], names: list[str]) -> None:
    if len(stack) > 1:
        os.close(stack.pop())
        names.pop()


def _target(link: int, seen: os.stat_result, here: str, owner: int) -> str:
    try:
        if seen.st_uid not in (0, owner):
            raise Untrusted(f"the symbolic link {here} belongs to {_name(seen.st_uid)}, who could point it elsewhere")
        return os.readlink("", dir_fd=link)
    finally:
        os.close(link)


def _judge(seen: os.stat_result, here: str, owner: int) -> None:
    if not modes.S_ISDIR(seen.st_mode) and not modes.S_ISREG(seen.st_mode):
        raise OSError(22, "Not a regular file", here)  # and nobody is told to change the mode of a device
    kind = "directory" if modes.S_ISDIR(seen.st_mode) else "file"
    who = _name(owner)
    # A directory is often somebody's home, or shared: whoever changed that would lock people out.
    elsewhere = f"use a place that only {who} can write"
    if seen.st_uid not in (0, owner):
        way = f"give it to {who}: chown {who} {here}" if kind == "file" else elsewhere
        raise Untrusted(f"the {kind} {here} belongs to {_name(seen.st_uid)}; {way}")
    if seen.st_mode & 0o022 and not (kind == "directory" and seen.st_mode & modes.S_ISVTX):
        whom = "everyone" if seen.st_mode & 0o002 else f"the group {_group(seen.st_gid)}"
        way = f"take that away: chmod go-w {here}" if kind == "file" else elsewhere
        raise Untrusted(f"{whom} may write the {kind} {here}; {way}")


def _contents(part: int, here: str, limit: int) -> tuple[bytes, os.stat_result]:
    """Open again, for reading, the very file that was judged."""
    if not modes.S_ISREG(os.fstat(part).st_mode):
        raise OSError(22, "Not a regular file", here)
    descriptor = os.open(f"/proc/self/fd/{part}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        chunks = []
        while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
            chunks.append(chunk)
            limit -= len(chunk)
        return b"".join(chunks), os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
