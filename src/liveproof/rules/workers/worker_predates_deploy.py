"""
A queue worker or other lasting PHP process started before the code that it runs changed.

## Why
PHP loads a class when it first needs it and keeps it until the process ends. A worker of before the deploy goes on with
the classes and the configuration that it has, and what it loads next is the new code: jobs fail, or run as they did
before. `queue:listen` and `schedule:work` start a new process for each job or minute; these two hold on to the
environment (`.env`) only. A process that started after the newest change of code, configuration cache and `.env` is
proven to be fresh. What has a new owner or mode, or came with an old time, is reported as not known.

## Verify by hand
```bash
ps -o pid,lstart,user,args -C php
find {app} -name '*.php' -not -path '*/storage/*' -newermt "$(ps -o lstart= -p PID)" | head
stat -c '%y %n' {app}/.env {app}/bootstrap/cache/config.php
```

## Fix safety
Safe where artisan has a signal and something starts each worker again (a systemd unit of its own with
`Restart=always`, supervisord with `autorestart=true`): `queue:restart`, `horizon:terminate` or `pulse:restart` is run
as the app's user, each worker finishes its job and ends, and the new processes are proven. A job gets the time of the
worker's `--timeout`; a worker that takes longer is left running and told. The signal reaches every worker that shares
the app's cache, also on other hosts. `reverb:restart` closes websockets, so it must be allowed.

Elsewhere jobs wait: where systemd runs the process in a unit of its own, or supervisord as root, that unit or program
is restarted, when allowed. Laravel's workers finish their job on SIGTERM; one that takes longer than `TimeoutStopSec`
or `stopwaitsecs` is cut off. What nothing starts again, and Octane's workers (`octane:reload`), are left to a person.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.php_processes import about, by_keeper, is_octane, named, ran_by, restart, stays
from liveproof.analysis.times import moment
from liveproof.fixes.restart_worker import signal_or_restart
from liveproof.fixes.signal_workers import signal
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "WRK001",
    Severity.HIGH,
    condition="every queue worker and other lasting PHP process started after its code last changed",
    answers=("new code in place",),
    caused_by=("WRK004",),
    passing=True,
)

_SHOWN = 10
_KEPT = "PHP keeps the classes that it has loaded until its process ends"


@rule.check
def check(app: App, workers: Workers, laravel: Laravel | Unknown | Absent) -> Iterator[Answer]:
    here = [process for process in workers.processes if process.release in (app.real, "") and not process.gone]
    masters = {process.parent for process in here}
    old = [process for process in here if process.modified and stays(process) and not _reloads(process, masters)]
    for kept in by_keeper(old):
        yield _finding(app, kept)
    for process in here:
        if process not in old and (why := _unknown(process)):
            reason = f"process {process.pid} ({process.told}, started {moment(process.start)}) {why}"
            step = None if process.unseen else signal(app, laravel, workers, [process], _KEPT)
            yield Settleable(reason, step) if step else Unknown(reason)
        elif process not in old:
            yield Holds(
                f"process {process.pid} ({process.told}) started {moment(process.start)}, after its code changed"
            )


def _finding(app: App, old: list[PhpProcess]) -> Finding:
    first, change = old[0], old[0].modified[0]
    return Finding(
        f"{named(old)} started before {change.path} changed, and may use the old one",
        (Ref("app", app.path), *about(old)),
        tuple(
            Evidence(
                f"/proc/{process.pid}/stat",
                f"{process.told} ({ran_by(process)}) started {moment(process.start)}",
                f"after {_changes(process)}",
            )
            for process in old[:_SHOWN]
        ),
        f"Restart it after each deploy, {restart(first)}.",
        more=len(old[_SHOWN:]),
    )


def _changes(process: PhpProcess) -> str:
    newest = process.modified[0]
    more = f", and {process.modified_count - 1} more files" if process.modified_count > 1 else ""
    return f"{moment(newest.modified)}, when {newest.path} was modified{more}"


def _unknown(process: PhpProcess) -> str:
    """What is not known of its code; empty where it is proven to be fresh."""
    if process.unseen:
        return f"runs beside PHP-FPM, and whether its code is what lies there now is not known: {process.unseen[0]}"
    if process.modified:
        if is_octane(process):
            return f"may have loaded the app again since {process.modified[0].path} changed, or not: restart it"
        return f"has run since before {process.modified[0].path} changed; whether it ends by itself is not known"
    if process.unclear:
        one = process.unclear[0]
        more = f" and {process.unclear_count - 1} more" if process.unclear_count > 1 else ""
        return (
            f"started before {one.path}{more} changed ({moment(one.changed)}), and whether that gave it other code is "
            f"not known: restart it, {restart(process)}"
        )
    if process.moment:
        return f"started in the moment in which {process.moment} changed: restart it, {restart(process)}"
    return ""


def _reloads(process: PhpProcess, masters: set[int]) -> bool:
    """Whether it can have loaded the app again although it is older: a master of Octane's, or FrankenPHP's threads."""
    return is_octane(process) and (process.pid in masters or process.told == "frankenphp")


@rule.fix(Safety.SAFE)
def restart_process(
    finding: Finding, app: App, workers: Workers, laravel: Laravel | Unknown | Absent
) -> Iterator[Step]:
    yield from signal_or_restart(finding, app, workers, laravel, _KEPT)
