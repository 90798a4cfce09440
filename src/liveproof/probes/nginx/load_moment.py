"""When the running workers of nginx loaded their configuration.

nginx keeps no word of it. A reload replaces every worker, and the old ones only finish what they have begun; but a
worker that died is replaced as well, by one that the master starts with the configuration that it has. So the oldest
worker is never older than the load, and that it is as young as the load must be proven by something else: by systemd,
which keeps when the last reload ended, or by workers that began together and of which the log tells no death.
"""

import time
from collections.abc import Iterator

from liveproof.host.errors import CannotSee
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import Service
from liveproof.model.findings import Unknown
from liveproof.store.loaded_files import Load

_ENDED = 0.02  # s from the signal of a reload to when systemd has seen its command end
_START = 1.0  # s before its master's start in which nginx reads the configuration, since it becomes a daemon after that
_TOGETHER = 0.5
_TOGETHER_WITH_SYSTEMD = 2.0
_LONGEST_START = _LONGEST_RELOAD = 90.0
_TAIL = 131072
_DEATHS = ("exited on signal", "exited with fatal code", "exited with code")
# A link that systemd makes when it starts a unit: its time is the start by the clock of file times.
_INVOCATION = "/run/systemd/units/invocation:"


def load(
    reader: Reader, process: Process, workers: tuple[Process, ...], service: Service | None, *, log: str, reading: float
) -> Load | Unknown:
    """The load of what runs now.

    ``log`` is the main error log; ``reading`` is how long nginx takes to read its configuration, in seconds.
    """
    start = reader.exact_start(process.start)
    found = [(start - _START, "the start of its master")]
    if service and service.main_pid == process.pid:
        began = _invoked(reader, service)
        expected = reader.moment(service.began)
        if began and expected and abs(began - expected) > 1:
            return Unknown("the clock was set since nginx was started, so times of files cannot be compared with that")
        if began and start - _LONGEST_START < began <= start + 0.1:
            found.append((began, f"the start of {service.name}"))
    found += _reloaded(reader, start, workers, service, log=log, reading=reading)
    since, by = max(found)
    return Load(process.pid, process.start, since, by, tuple((one.pid, one.start) for one in workers))


def _invoked(reader: Reader, service: Service) -> float:
    try:
        link = reader.stat(f"{_INVOCATION}{service.name}", follow=False)
    except OSError:
        return 0.0
    return link.ctime_ns / 1e9 if link else 0.0


def _reloaded(
    reader: Reader, start: float, workers: tuple[Process, ...], service: Service | None, *, log: str, reading: float
) -> Iterator[tuple[float, str]]:
    """Moments that the last reload is proven not to precede, and what tells them."""
    if not workers:
        return
    ages = sorted(reader.exact_start(one.start) for one in workers)
    oldest = ages[0]
    reload = reader.moment(service.changed) if service and service.changed > service.entered else 0.0
    told_by_systemd = bool(service and reload) and abs(oldest - reload) < _TOGETHER_WITH_SYSTEMD
    began = service.reloading if service else 0.0
    if told_by_systemd and 0 <= reload - began < _LONGEST_RELOAD and oldest >= began - _ENDED:
        # Before its command began nothing had asked nginx to read, and the workers are of after that.
        yield began, f"the last reload of {service.name if service else ''}"
    if told_by_systemd and oldest >= reload - _ENDED:
        yield reload - _ENDED, f"the last reload of {service.name if service else ''}"
    elif told_by_systemd and oldest > start:
        yield oldest - reading, f"the last reload of {service.name if service else ''}"
    elif oldest > start + _START:
        together = len(ages) > 1 and ages[1] - oldest < _TOGETHER
        died, whole = _deaths(reader, log, oldest)
        if not died and (together or whole):
            yield oldest - reading, "workers that began together" if together else "its worker's start"


def _deaths(reader: Reader, log: str, at: float) -> tuple[bool, bool]:
    """Whether the log tells of a worker's death at that moment, and whether it is whole from before that on."""
    died, earliest, rotated = False, float("inf"), False
    for path in (log, f"{log}.1"):
        try:
            status = reader.stat(path) if path.startswith("/") else None
            if status is None or not status.is_file:
                continue
            rotated = path != log
            begin = max(0, status.size - _TAIL)
            lines = reader.read_range(path, begin, _TAIL).decode(errors="replace").splitlines()
        except (OSError, CannotSee):
            return died, False
        times = [(when, line) for line in lines[1 if begin else 0 :] if (when := _time(line))]
        earliest = min(
            [earliest, *(when for when, _ in times), *([] if begin or rotated else [_unrotated(reader, log)])]
        )
        died = died or any(abs(when - at) < 3 and any(word in line for word in _DEATHS) for when, line in times)
    return died, earliest < at - 2


def _unrotated(reader: Reader, log: str) -> float:
    """0, the beginning of time, for a whole log that was never rotated."""
    return float("inf") if reader.glob(f"{log}[.-]*") else 0.0


def _time(line: str) -> float:
    try:
        return time.mktime(time.strptime(line[:19], "%Y/%m/%d %H:%M:%S"))
    except ValueError:
        return 0.0
