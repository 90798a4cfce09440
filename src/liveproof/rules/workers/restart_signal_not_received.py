r"""
`queue:restart` was run, and a queue worker has not followed it; or no worker can.

## Why
`queue:restart` writes the time into the application's cache, and each worker compares it between two jobs with what
stood there when it started. A worker never sees it whose cache is another one: the `array` store, which each process
has for itself, another store or prefix in its environment, another release's storage. One inside a job that takes
longer than it should sees it late. It prints success all the same, and the old code goes on.

## Verify by hand
```bash
ps -eo pid,lstart,args | grep '[a]rtisan queue:'   # what is older than the last signal has not followed it
tr '\0' '\n' < /proc/PID/environ | grep -E '^(CACHE_|APP_CONFIG_CACHE)'
```

## Fix safety
Jobs wait: where systemd runs the process in a unit of its own that starts it in the app as it is now, that unit is
restarted; a job that takes longer than the unit's `TimeoutStopSec` is cut off. Any other process, and a cache that
reaches no worker, is left to a person. When the signal was sent is read of a cache in files only; with
any other store `fix` says which processes have not followed the signal that it sent.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.php_processes import ALONE, about, by_keeper, hears, named, ran_by, restart_by_owner
from liveproof.analysis.times import moment
from liveproof.fixes.restart_worker import restarts
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule("WRK004", Severity.NOTICE, answers=("new code in place",))

_SHOWN = 10
_COMMAND = "queue:restart"


@rule.check
def check(app: App, workers: Workers, laravel: Laravel) -> Iterator[Finding]:
    deaf = [process for process in workers.processes if process.missed]
    for same in by_keeper(deaf):
        yield _missed(app, same)
    hearing = [process for process in workers.processes if hears(process, _COMMAND)]
    if hearing and not deaf and laravel.cache_driver in ALONE:
        yield Finding(
            f"queue:restart reaches no worker: the cache store is {laravel.cache_driver}, which each process has for "
            "itself",
            (Ref("app", app.path), *about(hearing)),
            (Evidence("cache.default", laravel.cache_driver, "a store that processes share: file, database, redis"),),
            "Set CACHE_STORE (CACHE_DRIVER before Laravel 11) to a store that processes share, or restart the workers' "
            "unit or supervisor's program after each deploy.",
        )


def _missed(app: App, same: list[PhpProcess]) -> Finding:
    first = same[0]
    return Finding(
        f"{named(same)} still runs, although queue:restart was run at "
        f"{moment(first.missed)}: its cache is another one, or it is inside a long job",
        (Ref("app", app.path), *about(same)),
        tuple(
            Evidence(
                f"/proc/{process.pid}/stat",
                f"{process.told} ({ran_by(process)}) started {moment(process.start)}",
                f"ended after {moment(process.missed)}",
            )
            for process in same[:_SHOWN]
        ),
        f"Look whether it has the app's cache store and prefix (its environment, its release), then start it again, "
        f"{restart_by_owner(first)}.",
        more=len(same[_SHOWN:]),
    )


@rule.fix(Safety.DROPS)
def restart_unit(finding: Finding, app: App, workers: Workers) -> Iterator[Step]:
    known = {process.id: process for process in workers.processes}
    if all(known[one].missed for one in finding.ids("process") if one in known):
        yield from restarts(finding, app, workers, "artisan's signal does not reach it")
