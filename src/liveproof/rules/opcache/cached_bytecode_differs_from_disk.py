"""
PHP-FPM runs bytecode that is not what lies on disk.

## Why
OPcache compiles a file once and keeps the result in memory for all workers of a master. With
`opcache.validate_timestamps=1` PHP compares the file's time, in whole seconds, every `opcache.revalidate_freq` seconds;
with `0` it never looks again. An edit that keeps the file's time (`cp -p`, `rsync -t`, `tar`) is not noticed in either.

Each script in the cache is judged by what PHP keeps of it (recorded time, last use, hits), by its file's times and
those of the directories above it, and by what earlier runs of liveproof saw. Where that settles nothing, the answer is
"unknown", never "fine".

## Verify by hand
```bash
stat -c '%y %n' {app}/public/index.php
systemctl status {unit} --no-pager | head -4
curl -s -H 'Host: {host}' http://127.0.0.1/ | head
```

## Fix safety
Safe: a graceful reload (SIGUSR2) starts new workers with an empty cache while the old ones finish. It may
drop requests where `process_control_timeout` is 0, since that cuts running requests off.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.freshness import Freshness, State, blind, freshness
from liveproof.analysis.times import moment
from liveproof.fixes.compile_again import compile_again
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "OPC001",
    Severity.HIGH,
    condition="every cached script of the app was compiled from the file as it is now",
    caused_by=("OPC002", "OPC004"),
    leads_to=("WIR001:answered", "WIR003"),
    answers=("OPcache of the disk", "OPcache renewed"),
    deployed=4,
    passing=True,
)

_SHOWN = 10
_Judged = tuple[Script, Freshness]


@rule.check
def check(app: App, opcache: Opcache, fpm: Fpm | Unknown | Absent) -> Iterator[Answer]:
    yield from opcache.unseen
    for pool in opcache.seen:
        if reason := blind(pool):
            in_files = pool.setting("opcache.file_cache_only") == "1"
            yield Unknown(reason) if in_files else _unknown(reason, opcache, pool, fpm)
            continue
        if not pool.enabled:
            yield Holds(f"pool {pool.pool} keeps no bytecode: OPcache is off")
            continue
        judged = [(script, freshness(pool, script, opcache.now)) for script in pool.scripts]
        stale = [one for one in judged if one[1].state in (State.STALE, State.PASSING)]
        unsure = [one for one in judged if one[1].state is State.UNKNOWN]
        if stale:
            yield _finding(app, opcache, pool, stale)
        if unsure:
            yield _unsure(opcache, pool, unsure, fpm)
        if pool.incomplete:
            yield Unknown(f"pool {pool.pool} has more scripts of this app in its cache than liveproof looks at")
        if not stale and not unsure:
            yield Holds(f"pool {pool.pool}: {len(judged)} cached scripts of the app")


def _finding(app: App, opcache: Opcache, pool: PoolOpcache, stale: list[_Judged]) -> Finding:
    count = f"{len(stale)} of the {len(pool.scripts)} cached scripts of this app"
    if pool.incomplete:
        count += " that were looked at"
    ends = [judged.until for _, judged in stale]
    heals = ""
    if all(ends):
        heals = f"; PHP looks at them again in {max(1, max(ends) + 1 - opcache.now):.0f} s (opcache.revalidate_freq)"
    shown = stale[:_SHOWN]
    return Finding(
        f"pool {pool.pool} runs old bytecode for {count}{heals}",
        (Ref("app", app.path), Ref("pool", pool.pool), *(Ref("file", script.path) for script, _ in shown)),
        tuple(_evidence(pool, script, judged) for script, judged in shown),
        "Reload PHP-FPM gracefully after each deploy.",
        more=len(stale) - len(shown),
        at_least=pool.incomplete,
    )


def _evidence(pool: PoolOpcache, script: Script, judged: Freshness) -> Evidence:
    if script.timestamp and judged.state is State.PASSING:
        saw = f"compiled from the file of {moment(script.timestamp)}"
    else:
        by = [when for when in (script.last_used, script.seen_by) if when]
        saw = f"compiled by {moment(min(by))}; {judged.why}" if by else judged.why
    return Evidence(f"OPcache of pool {pool.pool}: {script.path}", saw, f"the file of {moment(script.modified)}")


def _unsure(opcache: Opcache, pool: PoolOpcache, unsure: list[_Judged], fpm: Fpm | Unknown | Absent) -> Unknown:
    reasons: dict[str, list[str]] = {}
    for script, judged in unsure:
        reasons.setdefault(judged.why, []).append(script.path)
    message = "; ".join(f"{len(paths)} {why}, such as {paths[0]}" for why, paths in reasons.items())
    message = f"pool {pool.pool}: of {len(pool.scripts)} cached scripts, {message}"
    if pool.setting("opcache.file_cache"):
        return Unknown(f"{message}; a reload of PHP-FPM does not settle it, since opcache.file_cache survives that")
    return _unknown(f"{message}; a reload of PHP-FPM settles it", opcache, pool, fpm)


def _unknown(reason: str, opcache: Opcache, pool: PoolOpcache, fpm: Fpm | Unknown | Absent) -> Unknown:
    """What a reload settles, where there is a master that can be reloaded."""
    why = "then every script is compiled from the file as it is now, which is not known of some"
    step = next(compile_again(fpm, opcache, (pool.pool,), why), None) if isinstance(fpm, Fpm) else None
    return Settleable(reason, step) if step else Unknown(reason)


@rule.fix(Safety.SAFE)
def reload(finding: Finding, opcache: Opcache, fpm: Fpm) -> Iterator[Step]:
    if not any(pool.setting("opcache.file_cache") for pool in opcache.seen):
        yield from compile_again(fpm, opcache, finding.ids("pool"), "PHP must compile the files as they are now")
