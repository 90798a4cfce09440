"""Run a program of an inspected app so that all it starts ends with it, and with us, however we end.

A process forked for that, the keeper, stands between us and the program (docs/adr/0006). The program and all that it
forks are in a control group of their own where there is one to be had; without, the keeper is their subreaper
(prctl(2)), so that whatever their parents do they stay its descendants. When the program has ended or its time is up,
or we are gone (the keeper sees the end of a pipe that only we hold), the keeper ends all of them. It holds what we hold
open, so the lock of a fix that was killed is free only when nothing of the app's is at work any more.
"""

import ctypes
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import MappingProxyType
from typing import Any, NoReturn

from liveproof.host.child_process import Lost, Unwanted, forked
from liveproof.host.isolation.cgroup import Group
from liveproof.host.process.command import OUTPUT_LIMIT, Identity, Ran, surroundings
from liveproof.host.process.proc import descendants
from liveproof.host.process.switch_user import become

CANNOT_START = 96
"""The exit status of a program that could not be started; standard error says why."""

_SUBREAPER, _PARENT_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 36, 1, 38
_GRACE = 8.0  # s beyond the program's own time: to end what it left, and to look at its results
_ENDING = 5.0
_TICK = 0.1


class Keeper:
    """Runs one program, in the keeper's own process.

    Args:
        lifeline: the reading end of a pipe whose other end closes when whoever wants the program is gone.
    """

    def __init__(self, lifeline: int) -> None:
        self._lifeline = lifeline
        self._group: Group | None = None
        self._libc = ctypes.CDLL(None, use_errno=True)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Become the keeper; before any mount, since those of control groups may be hidden or read-only after it."""
        self._libc.prctl(_SUBREAPER, 1, 0, 0, 0)
        with ExitStack() as stack:
            with suppress(OSError):
                self._group = stack.enter_context(Group())
            try:
                yield
            finally:
                self._end()

    def run(
        self,
        argv: Sequence[str],
        *,
        identity: Identity,
        env: Mapping[str, str],
        cwd: str,
        timeout: float,
        umask: int = 0o022,
        before: Callable[[], None] = lambda: None,
        too_much: Callable[[], bool] = lambda: False,
        privileges: bool = True,
    ) -> Ran:
        """Run the program, an absolute path, and end all that it leaves.

        ``before`` is called in its process, as its user, before it starts. Once ``too_much`` says so it is ended.
        ``privileges``: whether a set-user-id program that it starts counts (PR_SET_NO_NEW_PRIVS).
        """
        until = time.monotonic() + timeout
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        keeper = os.getpid()
        child = os.fork()
        if child == 0:
            self.start(
                argv,
                identity,
                surroundings(identity, env),
                cwd=cwd,
                umask=umask,
                before=before,
                outputs=(out_end, err_end),
                keeper=keeper,
                privileges=privileges,
            )
        os.close(out_end)
        os.close(err_end)
        collected = {out: bytearray(), err: bytearray()}
        try:
            with _handle(child) as handle:
                ended = self._watch(handle, collected, until, too_much)
            if not ended:
                os.kill(child, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            self._end()
            _rest(collected)
        finally:
            os.close(out)
            os.close(err)
        return Ran(status, bytes(collected[out]), bytes(collected[err]), not ended)

    def _watch(self, handle: int, kept: dict[int, bytearray], until: float, too_much: Callable[[], bool]) -> bool:
        """Read what it says until it ends; False when it is to be ended."""
        poll = select.poll()
        for descriptor in (handle, self._lifeline, *kept):
            poll.register(descriptor, select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            ready = {descriptor for descriptor, _ in poll.poll(min(left, _TICK) * 1000)}
            if self._lifeline in ready or too_much():
                return False
            if handle in ready:
                return True
            for descriptor in ready:
                if not _take(descriptor, kept[descriptor]):
                    poll.unregister(descriptor)
        return False

    def start(
        self,
        argv: Sequence[str],
        identity: Identity,
        env: Mapping[str, str],
        *,
        cwd: str,
        umask: int,
        before: Callable[[], None],
        outputs: tuple[int, int],
        keeper: int,
        privileges: bool,
    ) -> NoReturn:
        """Be the program: its user, with its own session, three descriptors, nothing of ours."""
        try:
            os.setsid()
            if self._group:
                with suppress(OSError):
                    self._group.enter()
            nothing = os.open(os.devnull, os.O_RDONLY)
            for number, descriptor in enumerate((nothing, *outputs)):
                os.dup2(descriptor, number)
            os.closerange(3, 1 << 20)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            become(identity, 0)
            _refuse_other(identity)
            if not privileges:
                self._libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
            # Should even the keeper be killed. It may be gone by now, and then no signal comes (prctl(2)).
            self._libc.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != keeper:
                os._exit(CANNOT_START)
            os.umask(umask)
            os.chdir(cwd)
            before()
            os.execve(argv[0], list(argv), dict(env))  # noqa: S606  (no shell is wanted)
        except OSError as error:
            message = f"that user cannot use {error.filename or 'the program'}: {error.strerror}\n"
            os.write(2, message.encode(errors="replace"))
        except BaseException as error:  # noqa: BLE001  (no handler of the parent's may run here)
            os.write(2, f"liveproof failed to start it: {type(error).__name__}: {error}\n".encode(errors="replace"))
        finally:
            os._exit(CANNOT_START)

    def _end(self) -> None:
        """End all that the program left.

        Raises:
            OSError: something would not end.
        """
        until = time.monotonic() + _ENDING
        while True:
            if self._group:
                self._group.kill()
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            for pid in descendants(os.getpid()):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > until:
                raise OSError(16, "processes that the app's program started could not be ended")
            time.sleep(0.002)


def keep(work: Callable[[Keeper], Any], seconds: float, unwanted: Callable[[], bool] | None = None) -> Any:
    """What ``work`` returns in a keeper's process, which has ``seconds`` and some more to end what was left.

    Raises:
        forked.Unwanted: ``unwanted`` said so; all was ended.
        forked.Lost: the keeper failed, or did not end.
        OSError: ``work`` raised it.
    """
    lifeline, ours = os.pipe()

    def keeping() -> object:
        os.close(ours)
        keeper = Keeper(lifeline)
        with keeper.at_work():
            return work(keeper)

    closing = ExitStack()
    closing.callback(os.close, ours)
    try:
        return forked(keeping, seconds + _GRACE, give_up=closing.close, unwanted=unwanted)
    finally:
        closing.close()
        os.close(lifeline)


def run_kept(
    argv: Sequence[str],
    *,
    identity: Identity,
    cwd: str,
    timeout: float,
    umask: int = 0o022,
    env: Mapping[str, str] = MappingProxyType({}),
    unwanted: Callable[[], bool] | None = None,
) -> Ran:
    """Run a program of the app's as ``identity``; nothing that it starts is left when this returns.

    ``env`` is added to a clean environment.

    Once ``unwanted`` says so it is ended, and counts as ended by SIGKILL.

    Raises:
        PermissionError: that user is root or none.
        OSError: it cannot be kept, or something that it started would not end.
    """
    refuse_root(identity)
    try:
        result = keep(
            lambda keeper: plain(keeper.run(argv, identity=identity, env=env, cwd=cwd, timeout=timeout, umask=umask)),
            timeout,
            unwanted,
        )
    except Unwanted:
        return Ran(-signal.SIGKILL, b"", b"", timed_out=False)
    except Lost as error:
        raise OSError(5, str(error)) from error
    return Ran(*result)


def plain(ran: Ran) -> tuple[int, bytes, bytes, bool]:
    """As it goes through the pipe from the keeper."""
    return ran.status, ran.out, ran.err, ran.timed_out


def refuse_root(identity: Identity) -> None:
    """Raise PermissionError where code of the app would run as root, or as nobody that exists."""
    if identity.uid == 0:
        raise PermissionError(1, "code of an app is never run as root")
    if identity.uid < 0 or identity.gid < 0:
        raise PermissionError(1, "the app's user does not exist")  # to setresuid(2) -1 means: stay who you are
    if os.geteuid() not in (0, identity.uid):
        raise PermissionError(1, "only root or the app's own user can run the app's code")


def _refuse_other(identity: Identity) -> None:
    if 0 in os.getresuid() or os.getresuid() != (identity.uid,) * 3:
        raise PermissionError(1, "we did not become that user")  # to setresuid(2) -1 means: stay who you are


@contextmanager
def _handle(pid: int) -> Iterator[int]:
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)


def _take(descriptor: int, kept: bytearray) -> bytes:
    chunk = os.read(descriptor, 65536)
    kept += chunk[: max(0, OUTPUT_LIMIT - len(kept))]
    return chunk


def _rest(kept: Mapping[int, bytearray]) -> None:
    """What still lies in the pipes; all that could write to them has ended."""
    for descriptor, text in kept.items():
        os.set_blocking(descriptor, False)
        with suppress(BlockingIOError):
            while _take(descriptor, text):
                pass
