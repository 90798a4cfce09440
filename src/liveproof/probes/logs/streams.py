"""Logs that are streams of a process: where they really go, and that they are never read as liveproof's own."""

import posixpath

from liveproof.host.reader import Reader

_STREAMS = {"/dev/stdout": "1", "/dev/stderr": "2", "stderr": "2"}
_OURS = ("/proc/self/", "/dev/fd/")
_LINKS = 10


def followed(reader: Reader, path: str, pid: int, whose: str) -> tuple[str, str]:
    """Where a log that is a process's own stream really goes: a file, or why it cannot be read as one.

    ``/proc/self/fd/2`` and ``/dev/stderr`` are the streams of whoever opens them: read by liveproof they would be its
    own. Those of the service stand below ``/proc/PID/fd`` (proc_pid_fd(5)).
    """
    name = _led(reader, path)
    if why := _nowhere(name, whose):
        return path, why
    number = _STREAMS.get(name, "")
    if name.startswith(("/proc/self/fd/", "/dev/fd/")):
        number = name.rpartition("/")[2]
    if not number:
        return path, ""
    settles = "give it a log file (error_log), or look into the journal of its unit or the log of its container"
    if not pid:
        return path, f"it is a stream of {whose}, which does not run; {settles}"
    try:
        target = reader.readlink(f"/proc/{pid}/fd/{number}")
        real = f"/proc/{pid}/root{target}"
        status = reader.stat(real) if target.startswith("/") else None
        if status is not None and status.is_file:
            same = reader.stat(target)
            shared = same is not None and (same.device, same.inode) == (status.device, status.inode)
            return (target if shared else real), ""
    except OSError as error:
        return path, f"it is a stream of {whose} (process {pid}) that cannot be followed: {error.strerror}; {settles}"
    return path, f"it is a stream of {whose} (process {pid}) that leads to no file; {settles}"


def _led(reader: Reader, path: str) -> str:
    """The name that a log's name leads to, but for the links of the kernel's that lead on to our own streams.

    Images of containers make ``/var/log/nginx/error.log`` a link to ``/dev/stderr``.
    """
    name = path
    for _ in range(_LINKS):
        if name in _STREAMS or name.startswith(_OURS):
            return name
        try:
            name = posixpath.normpath(posixpath.join(posixpath.dirname(name), reader.readlink(name)))
        except OSError:
            return name
    return name


def own_stream(reader: Reader, path: str) -> bool:
    """Whether a name leads to a stream of whoever opens it, or to another device."""
    name = _led(reader, path)
    return name in _STREAMS or name.startswith(("/dev/", "/proc/"))


def _nowhere(name: str, whose: str) -> str:
    """Why a name is that of no file and of no stream; empty where it is one."""
    if name == "/dev/null":
        return f"{whose} throws its errors away there; give it a log file"
    if not name.startswith("/") and name not in _STREAMS:
        return f"{whose} does not log to a file there; give it a log file as well, or look there for errors"
    return ""
