"""What /proc tells: the workers of pools, their memory, and queue workers with the release that they run in."""

import os
from collections.abc import Iterable, Iterator

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Master
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.sample import QueueWorker
from liveproof.model.secrets import hide
from liveproof.probes.fpm.masters import pool_of
from liveproof.probes.workers.found import php_processes

_PAGE = os.sysconf("SC_PAGESIZE")


def resident(pid: int) -> int:
    """The resident set size of a process in bytes (proc_pid_statm(5)), -1 where it is gone or may not be read."""
    try:
        descriptor = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(descriptor, 128).split()[1]) * _PAGE
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return -1


def pool_workers(reader: Reader, master: Master, pool: str) -> tuple[int, ...]:
    """The pids of a pool's workers, of the master that uses this configuration, whenever it was started."""
    processes = reader.processes()
    masters = {
        process.pid
        for process in processes
        if process.title.startswith("php-fpm: master") and master.config in process.title
    }
    return tuple(process.pid for process in processes if process.parent in masters and pool_of(process) == pool)


def queue_workers(reader: Reader, apps: Iterable[App]) -> tuple[QueueWorker, ...]:
    """The long-running PHP processes of the apps, each once."""
    found = {(worker.pid, worker.start): worker for app in apps for worker in _of(reader, app)}
    return tuple(sorted(found.values(), key=lambda worker: (worker.app, worker.start, worker.pid)))


def _of(reader: Reader, app: App) -> Iterator[QueueWorker]:
    try:
        processes = php_processes(reader, app, units=False)
    except (NotThere, CannotSee):
        return
    now = reader.resolve(app.path)
    for process in processes:
        release = _release(app, now, process)
        current = None if not release else release == now
        yield QueueWorker(
            app.path, process.pid, process.start, process.user, hide(process.told), release, current, process.unit
        )


def _release(app: App, now: str, process: PhpProcess) -> str:
    """The release that its working directory stands in; of one that was removed the path that it had."""
    if not process.cwd:
        return ""
    cwd = process.cwd.removesuffix(" (deleted)")
    if cwd == now or cwd.startswith(f"{now}/"):
        return now if cwd == process.cwd else process.cwd
    releases = os.path.dirname(now) if app.path != now else ""
    if releases and cwd.startswith(f"{releases}/"):
        name = cwd[len(releases) + 1 :].partition("/")[0]
        return f"{releases}/{name}{process.cwd[len(cwd) :]}"
    return ""
