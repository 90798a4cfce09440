"""The step after which workers run the code that lies there now: artisan's signal, else a restart of their unit."""

from collections.abc import Iterator

from liveproof.analysis.memory.php_processes import own_unit
from liveproof.fixes.signal_workers import signal
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Absent, Finding, Unknown
from liveproof.model.plan import Step
from liveproof.model.verdicts import Safety
from liveproof.steps.restart_program import RestartProgram
from liveproof.steps.service_action import ServiceAction

_UNDO = "nothing to undo: another restart loads the files as they are then"
_COST = (
    "jobs wait while it restarts; Laravel's workers finish the job that runs (with PHP's pcntl, within the unit's "
    "TimeoutStopSec), anything else is cut off"
)


def signal_or_restart(
    finding: Finding, app: App, workers: Workers, laravel: Laravel | Unknown | Absent, why: str
) -> Iterator[Step]:
    """The signal after which each process ends once its job is done, else the restart of its unit."""
    known = {process.id: process for process in workers.processes}
    processes = [known[one] for one in finding.ids("process") if one in known]
    step = signal(app, laravel, workers, processes, why)
    if step:
        yield step
    else:
        yield from restarts(finding, app, workers, why)


def restarts(finding: Finding, app: App, workers: Workers, why: str) -> Iterator[Step]:
    """The restart of each unit or program of supervisord's that a finding is about, where it starts in the app as is.

    None where a process belongs to neither: whoever started it must do it again.
    """
    known = {process.id: process for process in workers.processes}
    processes = [known[one] for one in finding.ids("process") if one in known]
    if all(_can(app, process) for process in processes):
        for act in dict.fromkeys(map(_restart, processes)):
            yield Step(act, why, _UNDO, Safety.DROPS, cost=_COST)


def _restart(process: PhpProcess) -> ServiceAction | RestartProgram:
    if process.supervisor:
        control, config = process.supervisor
        return RestartProgram(process.program, control, config)
    return ServiceAction("restart", own_unit(process))


def _can(app: App, process: PhpProcess) -> bool:
    current = process.release == app.real and not process.gone
    keeper = bool(process.supervisor) if process.program else bool(own_unit(process))
    return keeper and (current or process.restarts_in == app.real)
