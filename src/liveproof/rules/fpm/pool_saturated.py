"""
All workers of a pool are busy, and further requests wait.

## Why
A pool has at most `pm.max_children` workers, and each serves one request at a time. When all of them wait for a slow
database, a remote service or a lock, every other request waits in the socket's queue, health checks and liveproof's own
too, until nginx gives up with 504. A deploy then seems to do nothing, for nobody gets an answer from the new code.

## How it is seen
From outside, since the status page of a saturated pool waits as well: as many workers as are allowed, and at every
look connections that nothing accepts, or the same connections in all workers' hands. A short peak that passes is not
reported.

## Verify by hand
```
ss -xl | grep {socket}
ps --no-headers -o pid,etimes,stat,cmd -C php-fpm8.2,php-fpm8.4,php-fpm
```

## Fix safety
Manual: more workers need memory that only the administrator can grant, and often the slow requests are the fault.
"""

from collections.abc import Iterator

from liveproof.analysis.web.serving import running, unit_of
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Load, Master, Pool, PoolStatus
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "FPM006",
    Severity.HIGH,
    condition="the app's pools have workers to spare",
    leads_to=("WIR001:unanswered",),
    answers=("workers idle",),
    judges=("busy", "workers"),
    passing=True,
)


@rule.check
def check(app: App, fpm: Fpm, nginx: Nginx | Unknown | Absent) -> Iterator[Answer]:
    keeps = _keeps(nginx, fpm)
    for one in running(app, fpm):
        if isinstance(one, Unknown):
            yield one
            continue
        master, pool = one
        load = pool.load
        if isinstance(load, Unknown):
            yield load
        elif _is_full(load, pool):
            yield (
                _described(app, master, pool, load)
                if pool.id not in keeps
                else Unknown(
                    f"every worker of pool {pool.id} holds a connection, but nginx keeps connections open "
                    "(fastcgi_keep_conn), so they may be idle: let keepalive be smaller than pm.max_children"
                )
            )
        elif load.unanswered and isinstance(pool.status, Unknown):
            yield pool.status
        elif isinstance(pool.status, Unknown) and load.waiting < 0:
            yield Unknown(f"how many requests wait for pool {pool.id} cannot be seen: {pool.status.reason}")
        else:
            yield Holds(f"pool {pool.id}: {load.processes} workers, {max(0, load.waiting)} requests wait")


def _keeps(nginx: Nginx | Unknown | Absent, fpm: Fpm) -> frozenset[str]:
    """The pools whose connections nginx keeps open."""
    if not isinstance(nginx, Nginx):
        return frozenset()
    routes = dict(fpm.routes)
    keeping = (one for server in nginx.servers for one in server.passes if one.keeps)
    return frozenset(pool for one in keeping for address in one.addresses for pool in routes.get(address, ()))


def _is_full(load: Load, pool: Pool) -> bool:
    """Whether, with all workers there are, somebody waited or each served one and the same request."""
    return load.processes >= pool.max_children and (load.waiting > 0 or load.held >= pool.max_children)


def _described(app: App, master: Master, pool: Pool, load: Load) -> Finding | Unknown:
    if load.seconds > 0:
        return _finding(app, master, pool, load)
    return Unknown(f"pool {pool.id} seems saturated, but other pools took all the time to see whether that passes")


def _finding(app: App, master: Master, pool: Pool, load: Load) -> Finding:
    watched = f"{load.seconds:.1f} s"
    evidence = [
        Evidence(
            f"children of /proc/{master.pid}",
            f"{load.processes} workers of [{pool.name}]",
            f"fewer than {pool.max_children}",
        ),
        Evidence(
            f"queue of {pool.address}",
            f"at least {max(load.waiting, 0)} waiting and {load.held} held through {watched}",
            "nobody waits",
        ),
        Evidence(f"[{pool.name}] in {pool.file}", f"pm = {pool.pm}, pm.max_children = {pool.max_children}"),
    ]
    if load.unanswered:
        evidence.append(Evidence(pool.status_path, f"no answer in {load.unanswered:.1f} s", "the status page"))
    if isinstance(pool.status, PoolStatus) and pool.status.max_children_reached:
        evidence.append(Evidence(pool.status_path, f"max children reached: {pool.status.max_children_reached}", "0"))
    waiting = "the next request waits"
    if load.waiting > 0:
        waiting = "1 request waits" if load.waiting == 1 else f"{load.waiting} requests wait"
    return Finding(
        f"All {pool.max_children} workers of pool {pool.id} are busy, and {waiting}.",
        (Ref("app", app.path), Ref("pool", pool.id), *unit_of(master)),
        tuple(evidence),
        _advice(pool),
    )


def _advice(pool: Pool) -> str:
    limit = "" if pool.terminate_timeout else " and request_terminate_timeout to end what hangs"
    slow = "" if pool.slowlog_timeout else f" Set request_slowlog_timeout and slowlog to see where they hang{limit}."
    return (
        f"Find what the requests wait for (database, remote service, lock).{slow} If they are right, raise "
        f"pm.max_children above {pool.max_children} in {pool.file}: as many as fit, that is free memory divided by the "
        "memory of one worker (ps -o rss), then reload PHP-FPM."
    )
