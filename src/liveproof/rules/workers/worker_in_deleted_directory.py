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

from liveproof.analysis.php_processes import about, by_keeper, restart_by_owner, where
from liveproof.fixes.restart_worker import restarts
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "WRK003",
    Severity.CRITICAL,
    condition="the directory that each queue worker and other lasting PHP process runs in is there",
    answers=("new code in place",),
)

_SHOWN = 10


@rule.check
def check(app: App, workers: Workers) -> Iterator[Finding | Unknown | Holds]:
    for process in workers.processes:
        if process.cwd and not process.gone:
            yield Holds(f"process {process.pid} ({process.told}) runs in {process.cwd}")
        elif not process.gone:
            yield Unknown(
                f"the directory of process {process.pid} ({process.told}) may not be read: run liveproof as root"
            )
    lost = [process for process in workers.processes if process.gone]
    for same in by_keeper(lost):
        yield _finding(app, same)


def _finding(app: App, same: list[PhpProcess]) -> Finding:
    first, more = same[0], len(same) - 1
    others = f" and {more} more PHP process{'es' if more > 1 else ''}" if more else ""
    return Finding(
        f"process {first.pid} ({first.told}){others} runs in {first.gone}, which was deleted",
        (Ref("app", app.path), *about(same)),
        tuple(where(process, app.real) for process in same[:_SHOWN]),
        f"Start it again from the current release, {restart_by_owner(first)}.",
        more=len(same[_SHOWN:]),
    )


@rule.fix(Safety.DROPS)
def restart_unit(finding: Finding, app: App, workers: Workers) -> Iterator[Step]:
    yield from restarts(finding, app, workers, "what it needs next is gone with its directory")
