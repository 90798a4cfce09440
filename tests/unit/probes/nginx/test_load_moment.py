"""When nginx loaded its configuration: what proves a reload, and what only looks like one."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.files.reader import Stat
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import Service
from liveproof.model.findings import Unknown
from liveproof.probes.nginx.load_moment import load
from liveproof.store.loaded_files import Load

BOOT, START = 1_000_000.0, 1_000_100.0
LOG = "/var/log/nginx/error.log"
MASTER = Process(9, 1, START, 0, "nginx", ("nginx: master process",), "/system.slice/nginx.service")
SERVICE = Service(
    "nginx.service", "loaded", "active", "running", "success", 9, need_daemon_reload=False, enabled="enabled",
    private_tmp=False, start=(), post=(), began=99.9, entered=100.1, changed=100.1,
)  # fmt: skip


class _Host(Reader):
    """A host that was booted at ``BOOT``; ``invoked`` is the time of systemd's link, ``logs`` are files."""

    def __init__(self, logs: dict[str, str] | None = None, *, invoked: float = START - 0.1) -> None:
        super().__init__()
        self._logs, self._invoked = logs or {}, invoked

    def exact_start(self, start: float) -> float:
        return start

    def moment(self, monotonic: float) -> float:
        return BOOT + monotonic if monotonic else 0.0

    def stat(self, path: str, *, follow: bool = True) -> Stat | None:
        if path == "/run/systemd/units/invocation:nginx.service" and self._invoked and not follow:
            return Stat(0o120777, 0, 0, 1, 0, int(self._invoked * 1e9), 1, 1, 1)
        return Stat(0o100644, 0, 0, len(self._logs[path]), 0, 0, 1, 1, 1) if path in self._logs else None

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        return self._logs[path].encode()[offset : offset + length]

    def glob(self, pattern: str) -> tuple[str, ...]:
        assert pattern == f"{LOG}[.-]*"
        return tuple(path for path in self._logs if path != LOG)


def _workers(*starts: float) -> tuple[Process, ...]:
    return tuple(replace(MASTER, pid=20 + at, parent=9, start=start) for at, start in enumerate(starts))


def _load(host: Reader, *starts: float, service: Service | None = SERVICE) -> Load:
    found = load(host, MASTER, _workers(*starts), service, log=LOG, reading=0.1)
    assert isinstance(found, Load)
    return found


def _line(at: float, text: str) -> str:
    return time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(at)) + f" [alert] 9#9: {text}\n"


def test_started_by_systemd() -> None:
    """Its unit's start is the moment: nginx read its files after that, before it became a daemon."""
    found = _load(_Host(), START, START)
    assert found.since == pytest.approx(START - 0.1)
    assert found.by == "the start of nginx.service"
    assert found.witnesses == ((20, START), (21, START))


def test_started_without_systemd() -> None:
    """A second before the master began: what changed within it is not proven."""
    assert _load(_Host(invoked=0), START, service=None).since == START - 1


@pytest.mark.parametrize(
    ("worker", "since"),
    [
        (START + 50.05, START + 50 - 0.02),  # after systemd saw the end of the command
        (START + 49.95, START + 49.95 - 0.1),  # before: then the files were read in that time
        (START + 40, START - 0.1),  # the reload was refused, so the only worker is from before
        (START + 60, START - 0.1),  # it died since: the last reload that systemd knows need not be the last
    ],
)
def test_reloaded_by_systemd(worker: float, since: float) -> None:
    """A reload that systemd tells of counts where the workers are as young as it."""
    found = _load(_Host(), worker, service=replace(SERVICE, changed=150.0))
    assert found.since == pytest.approx(since)


def test_a_busy_machine_sees_the_end_of_a_reload_late() -> None:
    """Then the beginning of its command tells: nothing had asked nginx to read before."""
    late = replace(SERVICE, changed=150.0, reloading=START + 49.7)
    assert _load(_Host(), START + 49.75, service=late).since == pytest.approx(START + 49.7)
    assert _load(_Host(), START + 49.6, service=late).since == pytest.approx(START + 49.6 - 0.1)
    assert _load(_Host(), START + 40, service=late).since == pytest.approx(START - 0.1)  # it was refused


def test_a_worker_that_died_beside_another() -> None:
    """The oldest worker tells."""
    found = _load(_Host(), START + 500, START + 50.05, service=replace(SERVICE, changed=150.0))
    assert found.since == pytest.approx(START + 50 - 0.02)


def test_reloaded_by_a_signal() -> None:
    """Workers that began together are those of a reload, unless the log tells that they died together."""
    later = START + 900
    assert _load(_Host(), later, later + 0.01).since == pytest.approx(later - 0.1)
    assert _load(_Host(), later, later + 30).since == pytest.approx(START - 0.1)
    died = {LOG: _line(later, "worker process 7 exited on signal 9")}
    assert _load(_Host(died), later, later + 0.01).since == pytest.approx(START - 0.1)
    long_ago = {LOG: _line(later - 60, "worker process 7 exited on signal 9")}
    assert _load(_Host(long_ago), later, later + 0.01).since == pytest.approx(later - 0.1)


@pytest.mark.parametrize(
    ("logs", "proven"),
    [
        ({LOG: ""}, True),  # never rotated, and nothing in it
        ({}, False),  # it cannot be read
        ({LOG: "", f"{LOG}.1": ""}, False),  # rotated, and nothing tells how long ago
        ({LOG: "", f"{LOG}.1": _line(START, "x")}, True),
        ({LOG: "", f"{LOG}.1": _line(START + 900, "worker process 7 exited on signal 11")}, False),
        ({LOG: _line(START + 899, "worker process 7 exited with fatal code 2 and cannot be respawned")}, False),
        ({LOG: _line(START + 950, "x") * 4000}, False),  # its beginning was not read
        ({LOG: _line(START, "x") + _line(START + 950, "x") * 4000}, False),
        ({LOG: "garbage\n" * 5}, True),
    ],
)
def test_the_only_worker_after_a_signal(logs: dict[str, str], proven: bool) -> None:
    """One worker is younger than its master by a reload only where a whole log tells of no death."""
    found = _load(_Host(logs), START + 900)
    assert found.since == pytest.approx(START + 900 - 0.1 if proven else START - 0.1)


def test_the_clock_was_set() -> None:
    """Systemd's link has the time of then, its clock that does not jump the time of now: they do not agree."""
    found = load(_Host(invoked=START - 3600), MASTER, _workers(START), SERVICE, log=LOG, reading=0.1)
    assert isinstance(found, Unknown)
    assert "the clock was set" in found.reason


def test_a_unit_that_runs_another_master() -> None:
    """What systemd tells is of its own master only."""
    assert _load(_Host(), START, service=replace(SERVICE, main_pid=8)).since == START - 1


def test_without_workers() -> None:
    """A master that just began its workers again."""
    assert _load(_Host()).witnesses == ()


def test_a_log_that_is_no_file(tmp_path: Path) -> None:
    """A log to stderr, syslog or a device tells nothing, and is not read."""
    for log in ("stderr", "syslog:server=x", "/dev/null", str(tmp_path)):
        found = load(Reader(), MASTER, _workers(START + 900), None, log=log, reading=0.1)
        assert isinstance(found, Load)
        assert found.since < START + 1
