"""
PHP never looks at its files again, and they changed since it compiled them.

## Why
`opcache.validate_timestamps=0` is fast and right, as long as every deploy ends with a reload of PHP-FPM. Without one
the old bytecode is served for ever; `php -r 'opcache_reset();'`, `artisan optimize:clear` and a new file time do
nothing. The setting alone is no fault and is not told.

## Verify by hand
```bash
grep -rn validate_timestamps /etc/php/{version}/fpm/
find {app} -name '*.php' -newermt "$(systemctl show -p ActiveEnterTimestamp --value {unit})" | head
```

## Fix safety
Safe: a graceful reload builds a new cache from the files as they are. Put it at the end of the deploy.
"""

from collections.abc import Iterator

from liveproof.analysis.stale_code import changed_scripts, held_releases
from liveproof.analysis.times import moment
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Absent, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule("OPC002", Severity.HIGH, answers=("OPcache renewed",))

_SHOWN = 8


@rule.check
def check(app: App, opcache: Opcache, nginx: Nginx | Unknown | Absent) -> Iterator[Finding | Unknown]:
    yield from opcache.unseen
    for pool in opcache.seen:
        if not pool.enabled or pool.validates:
            continue
        changed = changed_scripts(app, opcache, pool)
        held = held_releases(app, opcache, pool, nginx) if isinstance(nginx, Nginx) else ()
        if not changed and not held:
            continue
        evidence = [
            _setting(pool),
            *(
                Evidence(f"stat {script.path}", f"modified {moment(script.modified)}", "before the cache began")
                for script in changed[:_SHOWN]
            ),
            *(one.evidence for one in held[: _SHOWN - len(changed[:_SHOWN])]),
        ]
        yield Finding(
            f"pool {pool.pool} never looks at its files again (opcache.validate_timestamps=0), "
            f"and since its cache began {_what(app, changed, held)}",
            (Ref("app", app.path), Ref("pool", pool.pool), *(Ref("file", s.path) for s in changed[:_SHOWN])),
            tuple(evidence),
            "End every deploy with a graceful reload of PHP-FPM, or set opcache.validate_timestamps=1.",
            more=1 + len(changed) + len(held) - len(evidence),
        )


def _setting(pool: PoolOpcache) -> Evidence:
    return Evidence(
        f"OPcache of pool {pool.pool}",
        f"opcache.validate_timestamps=0, cache began {moment(pool.epoch)}",
        "a reload after the deploy",
    )


def _what(app: App, changed: tuple[object, ...], held: tuple[object, ...]) -> str:
    files = f"{len(changed)} cached {'file has' if len(changed) == 1 else 'files have'} changed" if changed else ""
    link = f"{app.path} was pointed at another release" if held else ""
    return " and ".join(part for part in (files, link) if part)


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    yield from graceful_reloads(
        fpm, finding.ids("pool"), "PHP must compile the deployed files; it does not look by itself"
    )
