"""Run another program on the host: argv only, bounded in time and output, as any user, with a clean environment."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liveproof.host.deadline import left

OUTPUT_LIMIT = 8 * 1024 * 1024
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a program runs as: numeric user and group, all supplementary groups, and a home directory."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str = "/nonexistent"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a program: exit status (negative: ended by that signal), its output, whether it ran out of time."""

    status: int
    out: bytes
    err: bytes
    timed_out: bool = False

    @property
    def text(self) -> str:
        """Standard output as text; what is not UTF-8 is replaced."""
        return self.out.decode(errors="replace")

    @property
    def errors(self) -> str:
        """Standard error as text; what is not UTF-8 is replaced."""
        return self.err.decode(errors="replace")


def run(
    argv: Sequence[str],
    *,
    identity: Identity | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    timeout: float = 10.0,
    umask: int = 0o022,
    limit: int = OUTPUT_LIMIT,
    stdin: int = subprocess.DEVNULL,
) -> Ran:
    """Run ``argv`` without a shell and wait for it at most ``timeout`` seconds, then kill its whole process group.

    The environment holds PATH, LANG and HOME only, and what ``env`` adds: nothing of the caller's or of an inspected
    process's leaks in. It reads from the descriptor ``stdin``, by default nothing. Each output is kept
    up to ``limit`` bytes (8 MB); what comes after is read and dropped.

    Raises:
        OSError: the program cannot be started (FileNotFoundError: it does not exist, PermissionError: no right to
            become that user).
        deadline.TimeIsUp: it was ended because there is no time left, before its own time was over.
    """
    until = left(timeout) + time.monotonic()
    clean = surroundings(identity, env or {})
    become = identity is not None and (identity.uid, identity.gid) != (os.geteuid(), os.getegid())
    with subprocess.Popen(
        list(argv),
        executable=None if os.path.isabs(argv[0]) else _which(argv[0]),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=clean,
        start_new_session=True,
        umask=umask,
        user=identity.uid if become and identity else None,
        group=identity.gid if become and identity else None,
        extra_groups=list(identity.groups) if become and identity else None,
    ) as process:
        out, err, timed_out = _drain(process, until, limit)
        if timed_out:
            _kill_group(process.pid)
        status = process.wait()
    if timed_out:
        left()
    return Ran(status, out, err, timed_out)


def surroundings(identity: Identity | None, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program: PATH, LANG and HOME, and what ``env`` adds or replaces."""
    return {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": identity.home if identity else "/root", **env}


def _which(name: str) -> str:
    for directory in _PATH.split(":"):
        candidate = f"{directory}/{name}"
        if os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(2, "No such program", name)


def _drain(process: subprocess.Popen[bytes], deadline: float, limit: int) -> tuple[bytes, bytes, bool]:
    """Read both outputs until they close; a child that keeps them open past the deadline counts as out of time."""
    collected: dict[int, bytearray] = {}
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                collected[stream.fileno()] = bytearray()
                selector.register(stream.fileno(), selectors.EVENT_READ)
        order = list(collected)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(collected[order[0]]), bytes(collected[order[1]]), True
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fd)
                elif len(collected[key.fd]) < limit:
                    collected[key.fd] += chunk
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return bytes(collected[order[0]]), bytes(collected[order[1]]), True
    return bytes(collected[order[0]]), bytes(collected[order[1]]), False


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
