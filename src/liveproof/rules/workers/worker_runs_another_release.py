"""
A queue worker or other lasting PHP process runs a release that is no longer current.

## Why
The kernel resolves links when a process starts: a worker that was started in `current` stays in the release that it led
to then, whatever the link says later. `queue:restart` does not help where systemd or supervisord starts it again in the
old directory, and the signal may not even reach it where the releases have caches of their own.

## Verify by hand
```bash
for p in $(pgrep php); do echo $p $(readlink /proc/$p/cwd) $(ps -o args= -p $p); done
readlink -f {app}
```

## Fix safety
Jobs wait: where systemd runs the process in a unit of its own that starts it through the link, that unit is restarted;
a job that takes longer than the unit's `TimeoutStopSec` is cut off. Any other process is left to a person, as is a unit
that names a release: its working directory belongs outside of the releases, with the path through the link in its
command (`php {app}/artisan queue:work`).
"""

from collections.abc import Iterator

from liveproof.analysis.memory.php_processes import by_keeper, displaced, named
from liveproof.fixes.restart_worker import restarts
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import Workers
from liveproof.model.findings import Answer, Finding, Holds, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "WRK002",
    Severity.HIGH,
    condition="every queue worker and other lasting PHP process runs the release that is served",
    answers=("new code in place",),
    passing=True,
)


@rule.check
def check(app: App, workers: Workers) -> Iterator[Answer]:
    for process in workers.processes:
        if process.release == app.real and not process.gone:
            yield Holds(f"process {process.pid} ({process.told}) runs {process.release}")
        elif not process.release and not process.gone:
            why = process.unseen[0] if process.unseen else "it was not seen"
            yield Unknown(f"which release process {process.pid} ({process.told}) runs is not known: {why}")
    old = [one for one in workers.processes if one.release and one.release != app.real and not one.gone]
    for same in by_keeper(old):
        what = f"{named(same, ' of other releases')} runs {same[0].release}, while {app.path} is {app.real} now"
        yield displaced(app, same, what)


@rule.fix(Safety.DROPS)
def restart_unit(finding: Finding, app: App, workers: Workers) -> Iterator[Step]:
    yield from restarts(finding, app, workers, "a process stays in the directory that it was started in")
