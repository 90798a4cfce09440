"""
No reset has reached PHP-FPM's cache, whatever was reset on the command line.

## Why
`php -r 'opcache_reset();'` runs in a PHP process of its own: it empties (with `opcache.enable_cli=1`) or refuses to
empty the cache of that one process, prints success, and ends. PHP-FPM's cache lives in the shared memory of its master
and counts its own resets: while that count is 0, no reset has reached it. Reported only where old code is served.

## Verify by hand
```bash
{php} -r 'var_dump(ini_get("opcache.enable_cli"));'   # "0": there is no cache to reset on the command line
journalctl -u {unit} -n 20 --no-pager   # a reload since the deploy would have emptied the cache
find {app} -name '*.php' -newermt "$(systemctl show -p ActiveEnterTimestamp --value {unit})" | head
```

## Fix safety
Safe: a graceful reload builds a new cache. `opcache_reset()` through the pool works as well, but races with running
requests (php-src issues 8739 and 14471).
"""

from collections.abc import Iterator

from liveproof.analysis.memory.freshness import State, blind, freshness
from liveproof.analysis.memory.stale_code import changed_scripts, held_releases
from liveproof.analysis.times import moment
from liveproof.fixes.compile_again import compile_again
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Absent, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule("OPC010", Severity.NOTICE, caused_by=("OPC001", "OPC002", "OPC004"), answers=("OPcache renewed",))


@rule.check
def check(app: App, opcache: Opcache, nginx: Nginx | Unknown | Absent) -> Iterator[Finding]:
    for pool in opcache.seen:
        if pool.manual_restarts or pool.last_restart_time or not _outdated(app, opcache, pool, nginx):
            continue
        yield Finding(
            f"no reset has reached the cache of pool {pool.pool} since it was started: a reset by `php -r` or artisan "
            "on the command line empties the cache of its own process only, and changes nothing here",
            (Ref("app", app.path), Ref("pool", pool.pool)),
            (
                Evidence(
                    f"OPcache of pool {pool.pool}",
                    f"manual_restarts 0, last_restart_time 0, began {moment(pool.start_time)}",
                    "a restart of the cache after the deploy",
                ),
            ),
            "Reload PHP-FPM instead of resetting OPcache on the command line.",
        )


def _outdated(app: App, opcache: Opcache, pool: PoolOpcache, nginx: Nginx | Unknown | Absent) -> bool:
    if not pool.enabled or blind(pool):
        return False
    if changed_scripts(opcache, pool) or held_releases(app, opcache, pool, nginx):
        return True
    return any(freshness(pool, script, opcache.now).state in (State.STALE, State.PASSING) for script in pool.scripts)


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm, opcache: Opcache) -> Iterator[Step]:
    yield from compile_again(fpm, opcache, finding.ids("pool"), "a reset must reach PHP-FPM's own cache")
