"""The PHP processes of the app that outlive a request, with the code that each of them runs; by /proc and stat alone.

``found`` says which processes they are, ``running`` which release each runs, ``changes`` what changed since it began.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from liveproof.analysis.memory.php_processes import own_unit
from liveproof.analysis.memory.process_age import aged
from liveproof.host.errors import NotThere
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.workers import CodeChange, PhpProcess, Workers
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.workers.changes import COARSE, changes, configured, unwalked
from liveproof.probes.workers.found import php_processes
from liveproof.probes.workers.running import is_of_another, located, served_elsewhere
from liveproof.probes.workers.signals import missed, signalled
from liveproof.probes.workers.supervisord import kept
from liveproof.probes.workers.units import PhpUnit, php_units


def probe(
    reader: Reader,
    app: App,
    files: Files | Unknown,
    nginx: Nginx | Unknown | Absent,
    laravel: Laravel | Unknown | Absent,
) -> Workers:
    """The app's workers.

    Raises:
        NotThere: the app has none.
        CannotSee: a lasting PHP process may be the app's, and only root can see whether it is.
    """
    others = served_elsewhere(reader, app, nginx)
    placed = [located(reader, app, process) for process in php_processes(reader, app)]
    own = [
        kept(reader, process)
        for process in placed
        if process.release not in others and not is_of_another(reader, app, process, nginx)
    ]
    if not own:
        raise NotThere(f"no queue worker or other lasting PHP process of {app.path} runs")
    at = signalled(reader, laravel)
    judged = _judged(reader, app, files, own)
    return Workers(tuple(replace(process, missed=missed(process, at, reader.now())) for process in judged))


def _judged(reader: Reader, app: App, files: Files | Unknown, processes: list[PhpProcess]) -> Iterator[PhpProcess]:
    """Each process that runs the app's code as it lies there, with what changed since it began."""
    current = [process for process in processes if process.release == app.real and not process.gone]
    found: tuple[CodeChange, ...] = ()
    why: tuple[str, ...] = ()
    if isinstance(files, Unknown):
        why = (files.reason,)
    elif current:
        found = tuple(changes(reader, app, files, min(process.began for process in current) - COARSE))
        why = tuple(unwalked(files))
    cached = configured(reader, app)
    units = php_units(reader) if any(map(own_unit, processes)) else {}
    by_pid = {process.pid: process for process in processes}
    for process in processes:
        again = process.started_again or _started_again(process, by_pid, units)
        if process in current:
            known = replace(process, unseen=(*process.unseen, *why), started_again=again)
            yield aged(known, found, cached, reader.now())
        else:
            unit = units.get(own_unit(process))
            yield replace(process, restarts_in=unit.directory if unit else process.restarts_in, started_again=again)


def _started_again(process: PhpProcess, by_pid: Mapping[int, PhpProcess], units: Mapping[str, PhpUnit]) -> str:
    """Who starts it again after it ended by itself; what a process of the app has started comes back with that one."""
    seen: set[int] = set()
    while process.pid not in seen:
        seen.add(process.pid)
        unit = units.get(own_unit(process))
        if process.started_again:
            return process.started_again
        if unit and unit.again and unit.main == process.pid:
            return own_unit(process)
        process = by_pid.get(process.parent, process)
    return ""
