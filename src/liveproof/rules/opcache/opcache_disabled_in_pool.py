"""
OPcache is off in a pool.

## Why
Without it PHP compiles every file of every request again: the code is always the one on disk, and every answer is
several times slower. So it is reported as a notice, and breaks nothing. `php -i` on the command line reports another
configuration than the pool's.

## Verify by hand
```bash
{fpm} -i | grep -iE 'opcache.enable|Zend OPcache'
grep -rn 'opcache.enable' /etc/php/{version}/fpm/
```

## Fix safety
Manual: somebody turned it off, and may know why.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("OPC012", Severity.NOTICE, answers=("OPcache on", "OPcache renewed"))


@rule.check
def check(app: App, opcache: Opcache) -> Iterator[Finding | Unknown]:
    yield from opcache.unseen
    for pool in opcache.seen:
        if pool.enabled or pool.setting("opcache.file_cache_only") == "1":
            continue
        version = pool.pool.partition("/")[0]
        if pool.loaded:
            saw = f"opcache.enable={pool.setting('opcache.enable')}, no status"
            advice = (
                f"Set opcache.enable=1 for FPM (grep -rn opcache.enable /etc/php/{version}/fpm), then reload PHP-FPM."
            )
        else:
            saw = "the extension Zend OPcache is not loaded"
            advice = f"Install and enable it (php{version}-opcache; phpenmod opcache), then restart PHP-FPM."
        yield Finding(
            f"OPcache is off in pool {pool.pool}: every request compiles every file again",
            (Ref("app", app.path), Ref("pool", pool.pool)),
            (Evidence(f"PHP in worker {pool.pid} of pool {pool.pool}", saw, "opcache.enable=1"),),
            advice,
        )
