"""
OPcache finds too few scripts in its cache.

## Why
A warm cache answers nearly every look-up; below the threshold (`thresholds.hit_ratio`, 0.85) PHP compiles again and
again, and answers late. A cache that was just started must miss, so nothing is reported before it is old enough
(`hit_ratio_age`, 600 s) and was asked often enough (`hit_ratio_lookups`, 2000). The counters are those of the whole
master: all its pools share one cache.

## Verify by hand
```bash
grep -rnE 'opcache.(memory_consumption|max_accelerated_files)' /etc/php/{version}/fpm/
```

## Fix safety
Manual: the sizes belong to whoever runs the host.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Severity

rule = Rule("OPC009", Severity.NOTICE, alerts="one", judges=("hit_ratio", "memory"))


@rule.check
def check(app: App, opcache: Opcache, settings: Settings) -> Iterator[Finding | Unknown]:
    yield from opcache.unseen
    limits = settings.thresholds
    for pool in opcache.seen:
        age = pool.now - pool.epoch
        if not pool.enabled or pool.lookups < max(1, limits.hit_ratio_lookups) or age < limits.hit_ratio_age:
            continue
        ratio = pool.hits / pool.lookups
        if ratio < limits.hit_ratio:
            yield Finding(
                f"OPcache answers only {ratio:.1%} of the look-ups of pool {pool.pool}, not {limits.hit_ratio:.0%}",
                (Ref("app", app.path), Ref("pool", pool.pool)),
                (
                    Evidence(
                        f"OPcache of pool {pool.pool}",
                        f"{pool.hits} hits, {pool.misses} misses in {age} s",
                        f"at least {limits.hit_ratio:.0%} hits",
                    ),
                    Evidence(
                        f"OPcache of pool {pool.pool}",
                        f"{pool.memory_free / 1e6:.0f} MB free, {pool.memory_wasted / 1e6:.0f} MB wasted, "
                        f"{pool.keys} of {pool.max_keys} keys, restarted {pool.oom_restarts} times for memory and "
                        f"{pool.hash_restarts} times for keys",
                        "room for every script",
                    ),
                ),
                _advice(pool),
            )


def _advice(pool: PoolOpcache) -> str:
    if pool.cache_full or pool.oom_restarts or pool.memory_free < 0.05 * (pool.memory_used + pool.memory_free):
        return "Raise opcache.memory_consumption, then reload PHP-FPM."
    if pool.hash_restarts or pool.keys > 0.95 * pool.max_keys:
        return "Raise opcache.max_accelerated_files above the number of PHP files, then reload PHP-FPM."
    return "Look for what writes PHP files all the time (compiled views, a deploy in a loop) or invalidates them."
