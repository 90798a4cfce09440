"""Artisan's own signal, after which each worker ends by itself and its successor runs the code that lies there now."""

from collections.abc import Sequence

from liveproof.analysis.memory.php_processes import ALONE, ending, hears, patience
from liveproof.fixes.artisan import artisan
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Absent, Unknown
from liveproof.model.plan import Step
from liveproof.model.verdicts import Safety
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.signal_workers import SignalWorkers

# What each signal costs; octane:reload is left to a person: its master, too, has loaded the app and goes on.
_COSTS = {
    "queue:restart": "",
    "horizon:terminate": "",
    "pulse:restart": "",
    "reverb:restart": "open websockets are closed",
}
_UNDO = "nothing to undo: workers that start again load the files as they are then"


def signal(
    app: App,
    laravel: Laravel | Unknown | Absent,
    workers: Workers,
    processes: Sequence[PhpProcess],
    why: str,
) -> Step | None:
    """The signal that ends these processes, each after its job; it reaches every worker of the app.

    None where it does not end them all, where it does not reach them, or where it would end a worker that nothing
    starts again, or would start again in another release.
    """
    command = ending(processes[0]) if processes else ""
    if command not in _COSTS or not isinstance(laravel, Laravel) or not laravel.php or not app.user:
        return None
    heard = [process for process in workers.processes if hears(process, command)]
    deaf = laravel.cache_driver in ALONE or any(process.missed for process in processes)
    if (
        deaf
        or not all(process in heard for process in processes)
        or not all(_returns(app, process) for process in heard)
    ):
        return None
    run = artisan(app, laravel, command, why).act
    assert isinstance(run, RunArtisan)
    named = tuple((process.pid, process.start) for process in heard)
    cost = _COSTS[command]
    return Step(
        SignalWorkers(run.app, run.user, run.php, command, named, max(map(patience, heard)), run.writes, run.umask),
        why, _UNDO, Safety.DROPS if cost else Safety.SAFE, cost=cost,
    )  # fmt: skip


def _returns(app: App, process: PhpProcess) -> bool:
    return bool(process.started_again) and process.release == app.real and not process.gone
