"""Artisan's own signal, after which each worker ends by itself and its successor runs the code that lies there now."""

from collections.abc import Iterable, Sequence

from liveproof.analysis.php_processes import ending, hears
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
_UNDO = "nothing to take back: workers that start again load the files as they are then"
# s: of queue:work --timeout and --sleep; a worker looks for the signal between two jobs.
_TIMEOUT, _SLEEP, _MOST, _MARGIN = 60.0, 3.0, 300.0, 10.0


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
    if not all(process in heard for process in processes) or not all(_returns(app, process) for process in heard):
        return None
    run = artisan(app, laravel, command, why).act
    assert isinstance(run, RunArtisan)
    named = tuple((process.pid, process.start) for process in heard)
    cost = _COSTS[command]
    return Step(
        SignalWorkers(run.app, run.user, run.php, command, named, _patience(heard), run.writes, run.umask),
        why, _UNDO, Safety.DROPS if cost else Safety.SAFE, cost=cost,
    )  # fmt: skip


def _returns(app: App, process: PhpProcess) -> bool:
    return bool(process.started_again) and process.release == app.real and not process.gone


def _patience(processes: Iterable[PhpProcess]) -> float:
    """How long the job that runs may take (s), by the options that the workers were started with."""
    longest = max((_option(process, "--timeout", _TIMEOUT) or _MOST) + _sleep(process) for process in processes)
    return min(longest + _MARGIN, _MOST)


def _sleep(process: PhpProcess) -> float:
    return _option(process, "--sleep", _SLEEP)


def _option(process: PhpProcess, name: str, default: float) -> float:
    """The number that an option of artisan has, written in either way."""
    for word, following in zip(process.argv, (*process.argv[1:], ""), strict=True):
        option, given, value = word.partition("=")
        if option == name:
            text = value if given else following
            return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
    return default
