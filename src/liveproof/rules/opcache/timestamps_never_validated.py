"""
PHP never looks at its files again, and they changed since it compiled them.

## Why
`opcache.validate_timestamps=0` is fast and right, as long as every deploy ends with a reload of PHP-FPM. Without one
the old bytecode is served for ever; `php -r 'opcache_reset();'`, `artisan optimize:clear` and a new file time do
nothing. The setting alone is not a fault and is not reported.

## Verify by hand
```bash
grep -rn validate_timestamps /etc/php/{version}/fpm/
find {app} -name '*.php' -newermt "$(systemctl show -p ActiveEnterTimestamp --value {unit})" | head
```

## Fix safety
Safe: a graceful reload builds a new cache from the files as they are; where that would cut off requests, PHP-FPM
compiles only the changed scripts again. Put a reload at the end of the deploy.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.stale_code import Behind, behind, not_behind
from liveproof.analysis.times import moment
from liveproof.fixes.compile_again import compile_again
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "OPC002",
    Severity.HIGH,
    condition="no pool that never looks at a file again keeps code of before the deploy",
    answers=("OPcache renewed",),
    prevents="reload_after_deploy",
)

_SHOWN = 8


@rule.check
def check(app: App, opcache: Opcache, nginx: Nginx | Unknown | Absent) -> Iterator[Answer]:
    yield from opcache.unseen
    for one in behind(app, opcache, nginx):
        yield _finding(app, one)
    yield from not_behind(app, opcache, nginx)


def _finding(app: App, one: Behind) -> Finding:
    pool, shown = one.pool.pool, one.changed[:_SHOWN]
    began = f"opcache.validate_timestamps=0, cache was started {moment(one.pool.epoch)}"
    evidence = (
        Evidence(f"OPcache of pool {pool}", began, "a reload after the deploy"),
        *(
            Evidence(f"stat {script.path}", f"modified {moment(script.modified)}", "before the cache was started")
            for script in shown
        ),
        *(release.evidence for release in one.held[: _SHOWN - len(shown)]),
    )
    return Finding(
        f"pool {pool} never looks at its files again (opcache.validate_timestamps=0), "
        f"and since its cache was started {_what(app, one)}",
        (Ref("app", app.path), Ref("pool", pool), *(Ref("file", script.path) for script in shown)),
        evidence,
        "End every deploy with a graceful reload of PHP-FPM, or set opcache.validate_timestamps=1.",
        more=1 + len(one.changed) + len(one.held) - len(evidence),
    )


def _what(app: App, one: Behind) -> str:
    count = len(one.changed)
    files = f"{count} cached {'file has' if count == 1 else 'files have'} changed" if count else ""
    link = f"{app.path} was pointed at another release" if one.held else ""
    return " and ".join(part for part in (files, link) if part)


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm, opcache: Opcache) -> Iterator[Step]:
    yield from compile_again(
        fpm, opcache, finding.ids("pool"), "PHP must compile the deployed files; it does not look by itself"
    )
