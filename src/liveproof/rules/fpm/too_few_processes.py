"""
PHP-FPM runs with fewer processes than it should.

## Why
A pool keeps a fewest number of workers alive: `pm.max_children` of a static pool, `pm.min_spare_servers` of a dynamic
one, none of one on demand. When fewer are there, the master does not start new ones: it is stopped or hangs, the
machine has no memory or process numbers left, or the workers die as soon as they start. The site is slow or silent
although the service is called active. `min_processes` in the configuration asks for more: master and workers together.

## Verify by hand
```
systemctl status {unit} --no-pager
ps --no-headers -o pid,ppid,stat,cmd -C php-fpm8.2,php-fpm8.4,php-fpm
journalctl -u {unit} -n 20 --no-pager
```

## Fix safety
Manual: what keeps the master from starting workers must be found first; a restart would hide it.
"""

from collections.abc import Iterator

from liveproof.analysis.web.serving import running, unit_of
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Unit
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Severity

rule = Rule(
    "FPM013",
    Severity.MEDIUM,
    condition="PHP-FPM runs as many processes as it should",
    answers=("PHP-FPM runs",),
    judges=("workers",),
)


@rule.check
def check(app: App, fpm: Fpm, settings: Settings) -> Iterator[Answer]:
    judged: set[int] = set()
    for one in running(app, fpm):
        if isinstance(one, Unknown):
            yield one
            continue
        master, pool = one
        if isinstance(master.unit, Unit) and master.unit.active == "reloading":
            judged.add(master.pid)
            yield Unknown(f"{master.unit.name} is being reloaded; look again")
        elif len(pool.workers) < pool.least:
            judged.add(master.pid)
            yield _of_pool(app, master, pool)
        else:
            yield Holds(f"pool {pool.id}: {len(pool.workers)} workers, at least {pool.least}")
    for master, _ in fpm.serving(app.pools):
        if master.pid and master.pid not in judged:
            judged.add(master.pid)
            yield from _of_master(app, master, settings.thresholds.min_processes)


def _of_pool(app: App, master: Master, pool: Pool) -> Finding:
    setting = "pm.max_children" if pool.pm == "static" else "pm.min_spare_servers"
    count = len(pool.workers)
    return Finding(
        f"Pool {pool.id} has {count} {'worker' if count == 1 else 'workers'}, but should always have {pool.least}.",
        (*(Ref("app", app.path), *unit_of(master)), Ref("pool", pool.id)),
        (
            Evidence(f"children of /proc/{master.pid}", f"{count} workers of [{pool.name}]", f"at least {pool.least}"),
            Evidence(f"[{pool.name}] in {pool.file}", f"pm = {pool.pm}, {setting} = {pool.least}"),
        ),
        _advice(master),
    )


def _of_master(app: App, master: Master, least: int) -> Iterator[Finding]:
    """Master and workers of all pools; a pool on demand has none while nobody asks."""
    total = 1 + sum(len(pool.workers) for pool in master.pools)
    if total < least and any(pool.pm != "ondemand" for pool in master.pools):
        yield Finding(
            f"PHP-FPM {master.version} runs with {total} processes; {least} are asked for.",
            (Ref("app", app.path), *unit_of(master)),
            (
                Evidence(
                    f"/proc/{master.pid} and its children", f"{total} processes", f"at least {least} (min_processes)"
                ),
            ),
            f"Raise pm.start_servers and pm.min_spare_servers in {master.pools[0].file}, then reload PHP-FPM.",
        )


def _advice(master: Master) -> str:
    log = f" and {master.error_log}" if master.error_log.startswith("/") else ""
    return (
        f"See whether the master is stopped (State in /proc/{master.pid}/status), whether processes or memory have run "
        f"out (TasksMax, MemoryMax), and what the journal{log} say of children that exit."
    )
