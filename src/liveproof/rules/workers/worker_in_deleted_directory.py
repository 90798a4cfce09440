"""
A queue worker or other lasting PHP process runs in a directory that was deleted.

## Why
A deploy removes old releases, or puts a new tree in the place of the old one. A process that was started there goes on
with the classes that it has loaded; each that it needs next cannot be found any more, and its jobs fail.

## Verify by hand
```bash
ls -l /proc/[0-9]*/cwd 2>/dev/null | grep '(deleted)'
```

## Fix safety
Jobs wait: where systemd runs the process in a unit of its own that starts it in the app as it is now, that unit is
restarted; a job that takes longer than the unit's `TimeoutStopSec` is cut off. Any other process is left to a person.
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
    "WRK003",
    Severity.CRITICAL,
    condition="the directory that each queue worker and other lasting PHP process runs in is there",
    answers=("new code in place",),
    passing=True,
)


@rule.check
def check(app: App, workers: Workers) -> Iterator[Answer]:
    for process in workers.processes:
        if process.cwd and not process.gone:
            yield Holds(f"process {process.pid} ({process.told}) runs in {process.cwd}")
        elif not process.gone:
            yield Unknown(
                f"the directory of process {process.pid} ({process.told}) may not be read: run liveproof as root"
            )
    lost = [process for process in workers.processes if process.gone]
    for same in by_keeper(lost):
        yield displaced(app, same, f"{named(same)} runs in {same[0].gone}, which was deleted")


@rule.fix(Safety.DROPS)
def restart_unit(finding: Finding, app: App, workers: Workers) -> Iterator[Step]:
    yield from restarts(finding, app, workers, "what it needs next is gone with its directory")
