"""
A queue worker or other lasting PHP process is stopped.

## Why
SIGSTOP, a lost terminal (`^Z`) or a debugger that was attached and forgotten stops a process without ending it. Its
unit or supervisor calls it running and starts no other; its job waits for ever, and `queue:restart` does not reach it.

## Verify by hand
```
ps -eo pid,stat,args | grep '[a]rtisan'   # T: stopped by a signal, t: by a debugger
```

## Fix safety
Manual: somebody stopped it. `kill -CONT PID` lets it go on; see first that no debugger is attached (TracerPid in
/proc/PID/status).
"""

from collections.abc import Iterator

from liveproof.analysis.memory.php_processes import about, by_keeper
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("WRK010", Severity.HIGH, condition="no queue worker or other lasting PHP process is stopped")

_SHOWN = 10


@rule.check
def check(app: App, workers: Workers) -> Iterator[Answer]:
    for process in workers.processes:
        if not process.stopped:
            yield Holds(f"process {process.pid} ({process.told}) goes on")
    for same in by_keeper([process for process in workers.processes if process.stopped]):
        yield _finding(app, same)


def _finding(app: App, same: list[PhpProcess]) -> Finding:
    first, more = same[0], len(same) - 1
    others = f" and {more} more PHP process{'es' if more > 1 else ''} are" if more else " is"
    return Finding(
        f"Process {first.pid} ({first.told}){others} stopped.",
        (Ref("app", app.path), *about(same)),
        tuple(Evidence(f"/proc/{one.pid}/stat", "T (stopped)", "S or R") for one in same[:_SHOWN]),
        f"See who stopped it (TracerPid in /proc/{first.pid}/status), then let it go on: kill -CONT {first.pid}",
        more=len(same[_SHOWN:]),
    )
