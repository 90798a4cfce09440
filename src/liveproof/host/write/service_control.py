"""Services: reload, start and restart systemd units, and see that it was done. Part of the writing door."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from liveproof.host.process.command import run
from liveproof.host.process.proc import Process, children, processes

PATIENCE = 90.0
_POLL = 0.05


class ServiceFailed(Exception):
    """A service did not do what it was told; the message says what it said."""


class WouldDrop(ServiceFailed):
    """It can be done now only in a way that may drop requests."""


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as ``systemctl show`` tells it: LoadState, ActiveState, SubState, MainPID."""

    load: str
    active: str
    sub: str
    main_pid: int


@dataclass(frozen=True, slots=True)
class Service:
    """What a step does to a service, and what it needs to know to undo it.

    ``verb`` is reload, start, restart or signal; ``was`` is the unit's ActiveState
    before; ``patience`` is how long PHP-FPM waits for running requests, in seconds.
    ``addresses`` are those of its pools and ``timeout`` its process_control_timeout in seconds, where a reload must cut
    off no request; else empty and 0.
    """

    verb: str
    unit: str
    test: tuple[str, ...]
    patience: float
    was: str = ""
    pid: int = 0
    start: float = 0.0
    addresses: tuple[str, ...] = ()
    timeout: float = 0.0


def carry_out(service: Service, stopped: Callable[[], bool] = lambda: False) -> None:
    """Test the configuration, then do it and wait until it is done.

    Raises:
        ServiceFailed: the test or the act failed.
    """
    test(service.test)
    match service.verb:
        case "reload":
            reload(service.unit, service.patience, stopped)
        case "start":
            start(service.unit, stopped)
        case "restart":
            restart(service.unit, stopped)
        case _:
            signal_master(service.pid, service.start, service.patience, stopped)


def bring_back(service: Service, *, stop_started: bool) -> str:
    """After the files are back, for a service that the run touched: make it run with them again.

    Returns a remark for the administrator, or nothing. A service that the run had not come to is not reloaded: what it
    holds in memory is still from before, and may be all that keeps it alive.

    Raises:
        ServiceFailed: it could not be brought back.
    """
    if service.verb == "signal":
        carry_out(service)
        return ""
    if service.verb == "start":
        if service.was == "active" or state(service.unit).active != "active":
            return ""
        if not stop_started:
            return f"{service.unit} was started by the run and is left running; systemctl stop {service.unit} stops it"
        stop(service.unit)
        return f"{service.unit} was started by the run and is stopped again"
    if state(service.unit).active == "active":
        carry_out(service)
    elif service.was == "active":
        test(service.test)
        start(service.unit)
    return ""


def state(unit: str) -> UnitState:
    """The state of a unit now.

    Raises:
        ServiceFailed: systemctl cannot tell.
    """
    ran = _systemctl("show", "-p", "LoadState,ActiveState,SubState,MainPID", "--", unit)
    result = dict(line.partition("=")[::2] for line in ran.splitlines())
    return UnitState(
        result.get("LoadState", ""),
        result.get("ActiveState", ""),
        result.get("SubState", ""),
        int(result.get("MainPID") or 0),
    )


def test(argv: Sequence[str]) -> None:
    """Run a configuration test; an empty one is none.

    Raises:
        ServiceFailed: it found an error, with its words.
    """
    if not argv:
        return
    try:
        ran = run(argv, timeout=PATIENCE)
    except OSError as error:
        raise ServiceFailed(f"the configuration test {argv[0]} cannot be run: {error.strerror}") from None
    if ran.timed_out:
        raise ServiceFailed(f"the configuration test {' '.join(argv)} did not end in {PATIENCE:.0f} s")
    if ran.status != 0:
        raise ServiceFailed(f"the configuration test {' '.join(argv)} fails: {_last(ran.errors or ran.text)}")


def reload(unit: str, patience: float, stopped: Callable[[], bool] = lambda: False) -> None:
    """Reload a unit and wait until its new workers have taken over.

    A reload by SIGUSR2 keeps the master's pid and start time, so the workers tell: those of before must have ended (or,
    for nginx, must be on their way out with new ones beside them). ``patience`` is how long PHP-FPM itself waits for
    running requests, in seconds; ``stopped`` ends the waiting early.

    Raises:
        ServiceFailed: the unit does not run, refuses, or old workers stay.
    """
    before = state(unit)
    if before.active != "active":
        raise ServiceFailed(f"{unit} does not run (it is {before.active or 'unknown'}), so it cannot be reloaded")
    old = _workers(before.main_pid)
    _systemctl("reload", "--", unit, timeout=PATIENCE + patience)
    _await(lambda: _renewed(state(unit), old), PATIENCE + patience, stopped, f"{unit} after its reload")


def start(unit: str, stopped: Callable[[], bool] = lambda: False) -> None:
    """Start a unit and wait until it runs.

    Raises:
        ServiceFailed: it does not start.
    """
    if state(unit).load not in ("loaded", ""):
        raise ServiceFailed(f"systemd does not know {unit} (it is {state(unit).load})")
    run(("systemctl", "reset-failed", "--", unit))  # else the limit on starts in a row may refuse this one
    _systemctl("start", "--", unit, timeout=PATIENCE)
    _await(lambda: _running(state(unit)), PATIENCE, stopped, f"{unit} after its start")


def stop(unit: str) -> None:
    """Stop a unit.

    Raises:
        ServiceFailed: it does not stop.
    """
    _systemctl("stop", "--", unit, timeout=PATIENCE)


def restart(unit: str, stopped: Callable[[], bool] = lambda: False) -> None:
    """Restart a unit and wait until it runs as another process.

    Raises:
        ServiceFailed: it does not start again.
    """
    run(("systemctl", "reset-failed", "--", unit))
    _systemctl("restart", "--", unit, timeout=PATIENCE)
    _await(lambda: _running(state(unit)), PATIENCE, stopped, f"{unit} after its restart")


def restart_program(control: str, config: str, program: str) -> None:
    """``supervisorctl restart`` a program of the supervisord with this configuration; it waits until it runs.

    Raises:
        ServiceFailed: it does not start again, or not in time.
    """
    ran = run((control, "-c", config, "restart", program), timeout=PATIENCE)
    if ran.timed_out:
        raise ServiceFailed(f"supervisorctl did not restart {program} within {PATIENCE:.0f} s")
    if ran.status != 0 or "ERROR" in ran.text or ": started" not in ran.text:
        said = (ran.errors.strip() or ran.text.strip())[-200:]
        raise ServiceFailed(f"supervisorctl did not restart {program}: {said}")


def signal_master(pid: int, start: float, patience: float, stopped: Callable[[], bool] = lambda: False) -> None:
    """Send SIGUSR2 to the php-fpm master that ``pid`` and ``start`` name and wait until its old workers have ended.

    Raises:
        ServiceFailed: that process is gone, is another one, or its old workers stay.
    """
    try:
        handle = os.pidfd_open(pid)
    except OSError as error:
        raise ServiceFailed(f"the PHP-FPM master {pid} is gone ({error.strerror})") from None
    try:
        # From here on the descriptor names one process: if it is the right one now, the signal cannot go astray.
        master = next((p for p in processes() if p.pid == pid), None)
        if master is None or abs(master.start - start) > 0.05 or not master.kind.startswith("php-fpm"):
            raise ServiceFailed(f"process {pid} is no longer the PHP-FPM master that was seen")
        old = _workers(pid)
        signal.pidfd_send_signal(handle, signal.SIGUSR2)
        _await(
            lambda: not (_workers(pid).keys() & old.keys()) and _alive(pid), PATIENCE + patience, stopped,
            f"the PHP-FPM master {pid} after its reload",
        )  # fmt: skip
    finally:
        os.close(handle)


def _alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def _workers(master: int) -> dict[tuple[int, float], Process]:
    return {(p.pid, p.start): p for p in children(master)} if master else {}


def _running(now: UnitState) -> bool | str:
    if now.active == "failed":
        return "it failed"
    return now.active == "active"


def _renewed(now: UnitState, old: dict[tuple[int, float], Process]) -> bool | str:
    if now.active in ("failed", "inactive"):
        return f"it is {now.active}"
    if now.active != "active":
        return False
    workers = _workers(now.main_pid)
    left = [workers[key] for key in workers.keys() & old.keys()]
    if any(worker.kind.startswith("php-fpm") for worker in old.values()):
        return not left
    # nginx's old workers end when their last connection does; what is not "shutting down" still takes new ones.
    serving = [
        worker for worker in left if worker.title.startswith("nginx: worker") and "shutting down" not in worker.title
    ]
    return not serving


def _await(reached: Callable[[], bool | str], seconds: float, stopped: Callable[[], bool], what: str) -> None:
    """Wait until ``reached`` is True; a text is why it never will be."""
    deadline = time.monotonic() + seconds
    while (answer := reached()) is not True:
        if isinstance(answer, str):
            raise ServiceFailed(f"{what}: {answer}; see journalctl and systemctl status")
        if stopped():
            return
        if time.monotonic() > deadline:
            raise ServiceFailed(f"{what}: not done after {seconds:.0f} s")
        time.sleep(_POLL)


def _systemctl(*arguments: str, timeout: float = 20.0) -> str:
    argv = ("systemctl", "--no-pager", "--no-ask-password", *arguments)
    try:
        ran = run(argv, timeout=timeout)
    except OSError as error:
        raise ServiceFailed(f"systemctl cannot be run: {error.strerror}") from None
    if ran.timed_out:
        raise ServiceFailed(f"systemctl {' '.join(arguments)} did not end in {timeout:.0f} s")
    if ran.status != 0:
        raise ServiceFailed(f"systemctl {arguments[0]} {arguments[-1]} failed: {_last(ran.errors)}")
    return ran.text


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:500] or "it said nothing"
