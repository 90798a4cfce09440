"""Run a program of an inspected app as its own user, keep what it wrote to a private directory, and leave no trace."""

import os
import stat as modes
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from liveproof.host.command import Identity, Ran, run

FILE_LIMIT = 32 * 1024 * 1024
FILES_LIMIT = 4096
OUT = "{out}"


@dataclass(frozen=True, slots=True)
class Apart:
    """What came of the program, and the regular files it left in its private directory: name to content."""

    ran: Ran
    files: Mapping[str, bytes]


def run_apart(
    argv: Sequence[str],
    *,
    identity: Identity,
    env: Mapping[str, str],
    cwd: str,
    trees: Sequence[str],
    reads: Sequence[str],
    given: Mapping[str, bytes],
    timeout: float,
    alone: bool = False,
) -> Apart:
    """Run ``argv`` (its program an absolute path) as ``identity`` with a fresh private directory.

    ``{out}`` in arguments and environment stands for that directory, which holds the files ``given`` at the start. As
    root what the program writes into ``trees`` (resolved directories) vanishes, and nothing else is writable; see
    ``host/sandbox.py``. A liveproof that runs as the app's user itself cannot do that and relies on the redirection.
    ``reads`` are files without which the program would run and mislead (``.env``): it is not started where that user
    cannot open one of them. ``alone``: nor where what it writes into ``trees`` would stay.

    Raises:
        PermissionError: that user is root or does not exist, or is not ours while we are not root.
        OSError: no private directory can be made, or the program cannot be started.
    """
    if identity.uid == 0:
        raise PermissionError(1, "code of an app is never run as root")
    if identity.uid < 0 or identity.gid < 0:
        raise PermissionError(1, "the app's user does not exist")  # to setresuid(2) -1 means: stay who you are
    if os.geteuid() not in (0, identity.uid):
        raise PermissionError(1, "only root or the app's own user can run the app's code")
    with _directories(identity) as (out, top):
        for name, content in given.items():
            _write(f"{out}/{name}", content, identity)
        command = [argument.replace(OUT, out) for argument in argv]
        surroundings = {"HOME": identity.home, **{name: value.replace(OUT, out) for name, value in env.items()}}
        if os.geteuid() == 0:
            command = _sandboxed(
                command, identity, cwd=cwd, out=out, top=top, trees=list(trees), reads=list(reads), alone=alone
            )
            cwd = "/"
        elif alone:
            raise PermissionError(1, "only root can keep a program apart from the app")
        else:
            for path in reads:
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))
        ran = run(command, env=surroundings, cwd=cwd, timeout=timeout)
        return Apart(ran, dict(_collect(out)))


def _sandboxed(command: Sequence[str], identity: Identity, **places: str | bool | Sequence[str]) -> list[str]:
    import json  # noqa: PLC0415  (nothing is run where nothing changed)

    from liveproof.host import sandbox  # noqa: PLC0415

    specification = {
        "argv": list(command),
        "uid": identity.uid,
        "gid": identity.gid,
        "groups": list(identity.groups),
        **places,
    }
    return [sys.executable, "-I", "-S", sandbox.__file__, json.dumps(specification)]


@contextmanager
def _directories(identity: Identity) -> Iterator[tuple[str, str]]:
    """A directory only that user can use, and an empty one of ours; both are gone afterwards."""
    import shutil  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    base = tempfile.mkdtemp(prefix="liveproof-", dir="/run" if os.geteuid() == 0 and os.path.isdir("/run") else None)
    try:
        os.chmod(base, 0o711)  # noqa: S103  (to be passed through, to the private directory in it)
        out, top = f"{base}/out", f"{base}/top"
        for directory in (out, top):
            os.mkdir(directory, 0o700)
        if os.geteuid() == 0:
            os.chown(out, identity.uid, identity.gid)
        yield out, top
    finally:
        if os.geteuid() != 0:
            _unlock(base)
        shutil.rmtree(base, ignore_errors=True)


def _unlock(base: str) -> None:
    """Let us enter every directory below; root need not ask, and so never follows what an app has laid there."""
    for folder, names, _ in os.walk(base):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                with suppress(OSError):
                    os.chmod(path, 0o700)


def _write(path: str, content: bytes, identity: Identity) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:
            os.fchown(descriptor, identity.uid, identity.gid)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def _collect(directory: str) -> Iterator[tuple[str, bytes]]:
    """The regular files of a directory that another user filled: no link is followed, nothing is waited for."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for name in sorted(os.listdir(handle))[:FILES_LIMIT]:
            content = _content(name, handle)
            if content is not None:
                yield name, content
    finally:
        os.close(handle)


def _content(name: str, directory: int) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=directory)
    except OSError:
        return None
    try:
        if not modes.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        chunks, left = [], FILE_LIMIT
        while left > 0 and (chunk := os.read(descriptor, min(left, 1 << 20))):
            chunks.append(chunk)
            left -= len(chunk)
        return b"".join(chunks)
    finally:
        os.close(descriptor)
