"""When a running PHP-FPM master loaded its configuration.

A reload (SIGUSR2) executes the program again under the same pid, so the master's start tells nothing of it. It ends
every worker before. OPcache locks its memory with a file that is made when the modules start: after php.ini was read
and before php-fpm.conf is. The master holds it open, and its time is the load by the clock of file times
(php-src, zend_shared_alloc.c: ``memfd:opcache_lock``, or a deleted ``.ZendSem.…`` before PHP 8.4).
"""

from collections.abc import Sequence

from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import Service
from liveproof.model.findings import Unknown
from liveproof.store.loaded_files import Load

_BEFORE_LOCK = 0.1  # s before the lock is made in which php.ini is read, where systemd does not tell of the start
_START = 0.5  # s before its master's start in which PHP-FPM reads the configuration, where it becomes a daemon


def load(reader: Reader, process: Process, workers: Sequence[Process]) -> Load | Unknown:
    """The load of what runs now: by OPcache's lock, else only that it is no older than the master."""
    start = reader.exact_start(process.start)
    made = _lock(reader, process.pid)
    if made and made < start - 1:
        return Unknown("the clock was set since PHP-FPM was loaded, so times of files cannot be compared with that")
    if made:
        return Load(process.pid, process.start, made, "OPcache's lock file in its master", ((0, made),))
    witnesses = tuple((one.pid, one.start) for one in workers)
    return Load(process.pid, process.start, start - _START, "the start of its master", witnesses)


def ini_margin(reader: Reader, process: Process, service: Service | None, made: Load) -> float:
    """How long before that load php.ini may have been read, in seconds.

    It is read after the start of the unit, and after systemd has seen the end of the command that asked for a reload:
    PHP-FPM ends its workers and executes its program again before it reads anything.
    """
    if not any(pid == 0 for pid, _ in made.witnesses):
        return 0.0
    asked = [made.since - _BEFORE_LOCK]
    if service and service.main_pid == process.pid:
        asked += [reader.moment(told) for told in (service.began, service.changed if _reloaded(service) else 0.0)]
    return made.since - max(at for at in asked if at <= made.since)


def _reloaded(service: Service) -> bool:
    return service.changed > service.entered


def _lock(reader: Reader, pid: int) -> float:
    """When OPcache's lock was made, 0 where there is none, or where it may not be looked at."""
    try:
        for number in reader.list(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{number}"
            target = reader.readlink(path)
            if target.endswith(" (deleted)") and ("/memfd:opcache_lock" in target or "/.ZendSem." in target):
                found = reader.stat(path)
                return found.mtime_ns / 1e9 if found else 0.0
    except OSError:
        return 0.0
    return 0.0
