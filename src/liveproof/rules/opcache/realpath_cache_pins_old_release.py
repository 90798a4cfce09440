"""
A worker still resolves a link of the app to what it led to before.

## Why
Where nginx passes PHP the path through `current` (`$document_root`), each worker resolves the link by itself and keeps
the answer in its own realpath cache for `realpath_cache_ttl` seconds, 120 unless somebody set it. After a switch some
workers run the new release and others the old one, until each one's time is over. It is the same with any other link on
the way to the document root, such as a `public` that became one. With `opcache.validate_timestamps=0` OPcache keeps
what the path led to for longer: until its next reload. Only the worker that answers can be asked what it keeps, so that
until then nothing is proven of the others; workers that were started after the switch keep nothing older.

## Verify by hand
```
readlink -f {app}
php-fpm{version} -i | grep realpath_cache_ttl
```

## Fix safety
Safe: a graceful reload of PHP-FPM starts workers that resolve the link again. It may drop requests where
`process_control_timeout` is 0, since that cuts running requests off.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.stale_code import REALPATH_TTL, as_written, pinned
from liveproof.analysis.times import moment
from liveproof.fixes.reload import graceful_reload, graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Worker
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Answer, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "OPC005",
    Severity.HIGH,
    condition="no worker keeps what a link on the way to the document root led to before",
    caused_by=("OPC004",),
    leads_to=("WIR001:answered", "WIR002"),
    answers=("OPcache of the disk", "new code in place"),
    prevents="resolved_root",
    passing=True,
)

_SHOWN = 8


@rule.check
def check(app: App, nginx: Nginx, opcache: Opcache, fpm: Fpm) -> Iterator[Answer]:
    if not opcache.link_moved or not as_written(app, nginx):
        yield Holds("nginx passes PHP no path of the app through a symbolic link")
        return
    yield from opcache.unseen
    for pool in opcache.seen:
        kept = pinned(app, pool)
        until = opcache.link_moved + _ttl(pool)
        if kept:
            yield Finding(
                f"Worker {pool.pid} of pool {pool.pool} still resolves {app.path} to {kept[0].release}.",
                (Ref("app", app.path), Ref("pool", pool.pool)),
                tuple(one.evidence for one in kept[:_SHOWN]),
                "Reload PHP-FPM gracefully after each switch, or let nginx resolve the link ($realpath_root).",
                more=len(kept[_SHOWN:]),
            )
        elif pool.enabled and not pool.validates and pool.epoch <= opcache.link_moved:
            since = f"OPcache of pool {pool.pool} began before a link on the way to {_root(app)} was changed and keeps"
            yield _unknown(f"{since} what the path led to (opcache.validate_timestamps=0)", pool, fpm)
        elif opcache.now <= until and (older := _older(pool, opcache, fpm)):
            what = f"{len(older)} workers of pool {pool.pool} are older than a link on the way to {_root(app)} and may"
            yield _unknown(f"{what} keep what it led to until {moment(until)} (realpath_cache_ttl)", pool, fpm)
        else:
            yield Holds(f"pool {pool.pool}: no worker keeps a path of before the last switch")


def _ttl(pool: PoolOpcache) -> int:
    """How long a worker keeps what it resolved, in seconds; 0 turns that off."""
    return pool.number("realpath_cache_ttl") if pool.setting("realpath_cache_ttl") else REALPATH_TTL


def _older(pool: PoolOpcache, opcache: Opcache, fpm: Fpm) -> list[Worker]:
    """The workers that may have resolved the link before it was moved, but for the one that was asked."""
    found = fpm.pool(pool.pool)
    workers = found[1].workers if found else ()
    return [worker for worker in workers if worker.pid != pool.pid and worker.start <= opcache.link_moved]


def _root(app: App) -> str:
    return app.root or app.path


def _unknown(reason: str, pool: PoolOpcache, fpm: Fpm) -> Unknown:
    found = fpm.pool(pool.pool)
    if found is None or not found[0].pid:
        return Unknown(reason)
    why = "then every worker resolves the links as they are"
    return Settleable(f"{reason}; a reload of PHP-FPM settles it", graceful_reload(found[0], why))


@rule.fix(Safety.SAFE)
def forget(finding: Finding, app: App, fpm: Fpm) -> Iterator[Step]:
    yield from graceful_reloads(fpm, finding.ids("pool"), f"PHP must resolve {app.path} again")
