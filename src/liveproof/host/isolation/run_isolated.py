"""Run a program of an inspected app as its own user, take what it wrote for us, and leave no trace.

What it hands back is bounded (docs/adr/0006): it is the app that decides how much that is.
"""

import os
import resource
import shutil
import stat as modes
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from liveproof.host.child_process import Lost
from liveproof.host.isolation.leftovers import is_over, mark
from liveproof.host.isolation.sandbox import View, isolate
from liveproof.host.isolation.supervisor import Keeper, keep, plain, refuse_root
from liveproof.host.process.command import Identity, Ran

FILE_LIMIT = 16 * 1024 * 1024
TOTAL_LIMIT = 64 * 1024 * 1024
FILES_LIMIT = 4096
OUT = "{out}"

_PREFIX = "liveproof-"
_ROOM = 256 * 1024
_LOOKED_AT = 4 * FILES_LIMIT


class TooMuch(Exception):
    """The program wrote more than its results may have; the message says what and how much."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What came of the program, and the regular files it left in its private directory: name to content."""

    ran: Ran
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Asked:
    argv: Sequence[str]
    identity: Identity
    env: Mapping[str, str]
    cwd: str
    trees: Sequence[str]
    reads: Sequence[str]
    given: Mapping[str, bytes]
    timeout: float
    alone: bool


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
    ``sandbox.py``. A liveproof that runs as the app's user itself cannot do that and relies on the redirection.
    ``reads`` are files without which the program would run and mislead (``.env``): it is not started where that user
    cannot open one of them. ``alone``: nor where what it writes into ``trees`` would stay. Nothing that it starts is
    left when this returns.

    Raises:
        PermissionError: that user is root or does not exist, or is not ours while we are not root.
        TooMuch: its results are more than ``FILES_LIMIT`` files, ``FILE_LIMIT`` each or ``TOTAL_LIMIT`` bytes in all.
        OSError: no private directory can be made, or what it started would not end.
    """
    refuse_root(identity)
    asked = _Asked(argv, identity, env, cwd, trees, reads, given, timeout, alone)
    # In memory, reached by nobody else, gone with the last of us: results may hold every secret of the app.
    results = os.memfd_create("liveproof-results")
    try:
        result, names, excess = keep(partial(_run, asked, results), timeout)
        if excess:
            raise TooMuch(excess)
        return Apart(Ran(*result), dict(_taken(results, names)))
    except Lost as error:
        raise OSError(5, str(error)) from error
    finally:
        os.close(results)


def _run(asked: _Asked, results: int, keeper: Keeper) -> tuple[object, list[tuple[str, int]], str]:
    """In the keeper: run it, copy its files into ``results``; their names and sizes, or what is too much."""
    with _directory(asked) as view:
        out = view.out
        if asked.alone and not view.whole:
            raise PermissionError(1, "it cannot be kept apart from the app", asked.argv[0])
        for name, content in asked.given.items():
            _write(f"{out}/{name}", content, asked.identity)
        ran = keeper.run(
            [argument.replace(OUT, out) for argument in asked.argv],
            identity=asked.identity,
            env={name: value.replace(OUT, out) for name, value in asked.env.items()},
            cwd=asked.cwd,
            timeout=asked.timeout,
            before=partial(_prepare, asked.reads, limit=not view.whole),
            too_much=(lambda: False) if view.whole else partial(_is_full, out),
            privileges=os.geteuid() != 0,
        )
        if _is_full(out) or (view.whole and _left(out) < _ROOM):
            much = f"it wrote {TOTAL_LIMIT >> 20} MB of results, or {FILES_LIMIT} files, and was cut off"
            return plain(ran), [], much
        try:
            return plain(ran), [(name, _copied(content, results)) for name, content in _collect(out)], ""
        except TooMuch as error:
            return plain(ran), [], str(error)


def _prepare(reads: Sequence[str], *, limit: bool) -> None:
    """In the program's process, as its user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (TOTAL_LIMIT, TOTAL_LIMIT))
    for path in reads:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC))


@contextmanager
def _directory(asked: _Asked) -> Iterator[View]:
    """A directory that only the program's user can use, of limited size; in memory where mounts are allowed."""
    uid, gid = asked.identity.uid, asked.identity.gid
    view = isolate(asked.trees, uid, gid, TOTAL_LIMIT, FILES_LIMIT + 64) if os.geteuid() == 0 else None
    if view:
        yield view
        return
    above = "/run" if os.geteuid() == 0 and os.path.isdir("/run") else tempfile.gettempdir()
    sweep(above)
    base = tempfile.mkdtemp(prefix=f"{_PREFIX}{mark()}-", dir=above)
    with ExitStack() as stack:
        stack.callback(_remove, base)
        os.chmod(base, 0o711)  # noqa: S103  (to be passed through, to the private directory in it)
        out = f"{base}/out"
        os.mkdir(out, 0o700)
        if os.geteuid() == 0:
            os.chown(out, uid, gid)
        yield View(out, whole=False)


def sweep(directory: str) -> None:
    """Remove what killed runs left in ``directory``: ours by owner, and marked by a process that has ended."""
    for name in os.listdir(directory):
        if name.startswith(_PREFIX) and is_over(name.removeprefix(_PREFIX)):
            path = f"{directory}/{name}"
            with suppress(OSError):
                status = os.lstat(path)
                if modes.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                    _remove(path)


def _remove(base: str) -> None:
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
        _copied(content, descriptor)
    finally:
        os.close(descriptor)


def _copied(content: bytes, descriptor: int) -> int:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    return len(content)


def _taken(results: int, names: Sequence[tuple[str, int]]) -> Iterator[tuple[str, bytes]]:
    at = 0
    for name, size in names:
        chunks, end = [], at + size
        while at < end:
            chunks.append(os.pread(results, end - at, at))
            at += len(chunks[-1])
        yield name, b"".join(chunks)


def _left(out: str) -> int:
    """How many bytes the file system of the results still takes; 0 when it takes no more files."""
    found = os.statvfs(out)
    return found.f_bavail * found.f_frsize if found.f_favail else 0


def _is_full(out: str) -> bool:
    """Whether more lies there than may; it is not looked at further than that takes."""
    total, count = 0, 0
    waiting = [out]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                count += 1
                if count > _LOOKED_AT:
                    return True
                with suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        if total > TOTAL_LIMIT:
            return True
    return False


def _collect(directory: str) -> Iterator[tuple[str, bytes]]:
    """The regular files of a directory that another user filled: no link is followed, nothing is waited for.

    Raises:
        TooMuch: there are more, or larger ones, than may be.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    left = TOTAL_LIMIT
    try:
        names = sorted(os.listdir(handle))
        if len(names) > FILES_LIMIT:
            raise TooMuch(f"it wrote {len(names)} files of results; up to {FILES_LIMIT} are read")
        for name in names:
            content = _content(name, handle, min(left, FILE_LIMIT))
            if content is not None:
                left -= len(content)
                yield name, content
    finally:
        os.close(handle)


def _content(name: str, directory: int, limit: int) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=directory)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not modes.S_ISREG(status.st_mode):
            return None
        if status.st_size > limit:  # nobody writes it any more; a hole counts, since it would be read
            raise TooMuch(
                f"it wrote {status.st_size >> 20} MB of results into one file, or {TOTAL_LIMIT >> 20} MB in all; up to "
                f"{FILE_LIMIT >> 20} MB a file are read"
            )
        chunks = []
        while limit > 0 and (chunk := os.read(descriptor, min(limit, 1 << 20))):
            chunks.append(chunk)
            limit -= len(chunk)
        return b"".join(chunks)
    finally:
        os.close(descriptor)
