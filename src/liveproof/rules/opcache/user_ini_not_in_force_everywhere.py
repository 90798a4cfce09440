"""
Workers of a pool run with what a `.user.ini` said before it was changed.

## Why
Each worker of PHP-FPM reads the `.user.ini` of a directory once and keeps it for `user_ini.cache_ttl` seconds (300
unless php.ini says otherwise). After a change, requests are answered with the old settings or with the new ones,
depending on the worker that takes them, until each has read it again. Liveproof answers "unknown" for as long, and
says until when. Where that takes more than ten minutes it is a finding. A worker that started after the change has
read it; `user_ini.filename` without a value turns the file off.

Looked at is the `.user.ini` of the document root, which holds for `index.php`. A touched file, or one that came with
the next release and holds the same, is not a change, where an earlier run saw it.

## Verify by hand
```bash
{fpm} -i | grep user_ini
stat -c '%z %n' {app}/public/.user.ini
ps -o pid,lstart,cmd -C php-fpm{version}
```

## Fix safety
Safe: a graceful reload gives every request a worker that has yet to read the file.
"""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "OPC021",
    Severity.MEDIUM,
    condition="every worker runs with the .user.ini of the document root as it is now",
    leads_to=("WIR001:answered",),
    passing=True,
)

_WAITED_FOR = 600.0  # s; what is over sooner is no fault
_DEFAULT = 300.0  # s (php.net: user_ini.cache_ttl)
_MARGIN = 0.1  # s; what the start of a process may be off by, against the clock of file times


@rule.check
def check(app: App, opcache: Opcache, fpm: Fpm) -> Iterator[Answer]:
    yield from opcache.unseen
    workers = {pool.id: pool.workers for _, pool in fpm.serving(app.pools)}
    for pool in opcache.seen:
        name, changed = pool.setting("user_ini.filename"), pool.user_ini_changed
        if not name or not changed:
            yield Holds(f"there is no {name} for pool {pool.pool}" if name else f"pool {pool.pool} reads no .user.ini")
            continue
        path, until = f"{app.root}/{name}", changed + _kept(pool) + 1  # PHP counts whole seconds
        started = [worker.start for worker in workers.get(pool.pool, ())]
        if opcache.now > until:
            yield Holds(f"{path} has been as it is for longer than pool {pool.pool} keeps what it read")
        elif started and all(start > changed + _MARGIN for start in started):
            yield Holds(f"every worker of pool {pool.pool} started after {path} was changed")
        elif until - opcache.now > _WAITED_FOR:
            yield _finding(app, pool, path, until, sum(start <= changed + _MARGIN for start in started))
        else:
            yield Unknown(
                f"{path} was changed at {moment(changed)}, and workers of pool {pool.pool} keep what they read before "
                f"until {moment(until)}: check again then, or reload PHP-FPM"
            )


def _kept(pool: PoolOpcache) -> float:
    """For how many seconds a worker keeps what it read."""
    return float(pool.number("user_ini.cache_ttl")) if pool.setting("user_ini.cache_ttl") else _DEFAULT


def _finding(app: App, pool: PoolOpcache, path: str, until: float, before: int) -> Finding:
    what = f"{before} of its workers started before" if before else "its workers are not known"
    return Finding(
        f"{path} was changed, and workers of pool {pool.pool} may go by what it said before until {moment(until)}.",
        (Ref("app", app.path), Ref("pool", pool.pool), Ref("file", path)),
        (
            Evidence(f"stat {path}", f"changed {moment(pool.user_ini_changed)}, {what}"),
            Evidence(f"PHP in worker {pool.pid}", f"user_ini.cache_ttl={_kept(pool):.0f}", "a reload after the change"),
        ),
        "Reload PHP-FPM gracefully, and set user_ini.cache_ttl in php.ini to 300 or less.",
    )


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    yield from graceful_reloads(fpm, finding.ids("pool"), "each worker must read the .user.ini as it is")
