"""The signals that end a plan: what its steps change of the code must reach the workers that have loaded it. Pure."""

from collections.abc import Iterable, Iterator

from liveproof.analysis.memory.php_processes import ending, own_unit
from liveproof.fixes.signal_workers import signal
from liveproof.model.examination import AppExamination
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.plan import Step
from liveproof.model.verdicts import Safety
from liveproof.steps.service_action import ServiceAction

_WHY = "what the workers have loaded must be proven to be the files as they are now"
_DATA = ("storage", "public")  # no code that a worker loads


def closing_signals(app: AppExamination, steps: Iterable[Step]) -> Iterator[Step]:
    """The signal to the workers that run the app while the steps change what they may have loaded.

    Even an owner's change renews a file's ctime, after which a worker of before is no longer proven to run it as it is.
    None where a signal is not safe, or the workers' unit is restarted anyway.
    """
    workers, laravel = app.facts.get(Workers), app.facts.get(Laravel)
    steps = tuple(steps)
    changed = {path for step in steps for path in step.act.changed_paths()}
    if not isinstance(workers, Workers) or not isinstance(laravel, Laravel) or not _code(changed, app.app):
        return
    restarted = {act.unit for step in steps if isinstance(act := step.act, ServiceAction) and act.verb == "restart"}
    groups: dict[str, list[PhpProcess]] = {}
    for process in workers.processes:
        if process.release == app.app.real and not process.gone and own_unit(process) not in restarted:
            groups.setdefault(ending(process), []).append(process)
    for group in groups.values():
        step = signal(app.app, laravel, workers, group, _WHY)
        if step and step.safety is Safety.SAFE:
            yield step


def _code(changed: Iterable[str], app: App) -> bool:
    data = tuple(f"{app.real}/{name}" for name in _DATA)
    for path in changed:
        below = path == app.real or path.startswith(f"{app.real}/") or app.real.startswith(f"{path}/")
        if below and path not in data and not path.startswith(tuple(f"{place}/" for place in data)):
            return True
    return False
