"""
PHP-FPM preloaded code that is not what lies on disk.

## Why
With `opcache.preload` PHP compiles a list of files once, when PHP-FPM starts or is reloaded, and keeps their classes
and functions for every request until the next start or reload. It never looks at these files again, whatever
`opcache.validate_timestamps` says, and `opcache_reset()` and `opcache_invalidate()` take no class away (PHP 8.2 crashes
its workers after a reset). Where the app is served through a link, PHP keeps the classes of the release that the link
named at that time: a request of the new release gets them, since a class that exists is not loaded again.

## Verify by hand
```bash
grep -rn '^opcache.preload' /etc/php/{version}/fpm/
systemctl status {unit} --no-pager | head -4
journalctl -u {unit} -n 20 --no-pager   # when it was reloaded last
```

## Fix safety
Safe: a graceful reload (SIGUSR2) preloads again, after `php-fpm -t`, which runs the preload script too: where that
fails, PHP-FPM would not start again, and nothing is reloaded. It may drop requests where `process_control_timeout` is
0. Where the preload script is gone nothing is done.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.freshness import Freshness, State, freshness
from liveproof.analysis.times import moment
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "OPC007",
    Severity.HIGH,
    condition="what a pool preloaded is what its files hold now, in the release that is served",
    caused_by=("OPC002",),
    leads_to=("OPC001", "WIR001:answered"),
    answers=("OPcache of the disk", "OPcache renewed"),
    deployed=3,
    prevents="reload_after_deploy",
)

_SHOWN = 8
_WHY = "PHP preloads again only when PHP-FPM starts or is reloaded"


@rule.check
def check(app: App, opcache: Opcache, fpm: Fpm | Unknown | Absent) -> Iterator[Answer]:
    yield from opcache.unseen
    for pool in opcache.seen:
        setting = pool.setting("opcache.preload")
        if not pool.enabled and setting:
            yield Unknown(
                f"opcache.preload is {setting}, and what it preloaded cannot be asked through pool {pool.pool}, whose "
                "requests have OPcache off"
            )
        elif not pool.preloaded:
            yield Holds(f"pool {pool.pool} preloads nothing")
        else:
            yield from _judged(app, opcache, pool, fpm)


def _judged(app: App, opcache: Opcache, pool: PoolOpcache, fpm: Fpm | Unknown | Absent) -> Iterator[Answer]:
    setting, ours = pool.setting("opcache.preload"), _ours(app, pool)
    found = [(script, freshness(pool, script, opcache.now)) for script in ours]
    evidence = [*_moved(app, opcache, pool), *(_evidence(pool, *one) for one in found if _old(one[1]))]
    unsure = [one for one in found if one[1].state is State.UNKNOWN]
    if evidence:
        old = [script for script, judged in found if _old(judged)]
        what = f"{len(old)} of the {len(ours)} files of this app that it preloaded, as they were before"
        yield Finding(
            f"pool {pool.pool} runs {what if old else 'what it preloaded of another release of this app'}",
            (Ref("app", app.path), Ref("pool", pool.pool), *(Ref("file", script.path) for script in old[:_SHOWN])),
            tuple(evidence[:_SHOWN]),
            "End every deploy with a graceful reload of PHP-FPM."
            if pool.preload_real
            else f"Put {setting} back, or take opcache.preload away: without it PHP-FPM does not start again.",
            more=max(0, len(evidence) - _SHOWN),
            at_least=pool.incomplete,
        )
    if unsure:
        yield _unsure(pool, unsure, fpm)
    if pool.incomplete:
        yield Unknown(f"pool {pool.pool} has more scripts in its cache than liveproof looks at")
    if not evidence and not unsure:
        elsewhere = "" if ours else ", none of them of this app"
        yield Holds(f"pool {pool.pool}: {len(ours) or len(pool.preloaded)} preloaded scripts{elsewhere}")


def _ours(app: App, pool: PoolOpcache) -> list[Script]:
    """What is preloaded of this app: all of it where the app's own script, of whatever release, preloads it."""
    setting = pool.setting("opcache.preload")
    if f"{setting}/".startswith((f"{app.path}/", f"{app.real}/")) or pool.preload_real.startswith(f"{app.real}/"):
        return list(pool.preloaded)
    return [script for script in pool.preloaded if script.path.startswith((f"{app.real}/", f"{app.path}/"))]


def _moved(app: App, opcache: Opcache, pool: PoolOpcache) -> Iterator[Evidence]:
    """A preload script, or a link to the app, that leads elsewhere than it did when PHP preloaded."""
    setting, held = pool.setting("opcache.preload"), {script.path for script in pool.preloaded}
    own = setting.startswith((f"{app.path}/", f"{app.real}/"))
    if own and pool.preload_real not in held:
        first = min(held, key=len)
        saw = f"it preloaded {len(held)} files, such as {first}"
        yield Evidence(f"OPcache of pool {pool.pool}", saw, pool.preload_real or f"{setting}, which is gone")
    parent = app.real.rpartition("/")[0]
    if app.path == app.real or opcache.link_moved < pool.since or not parent:
        return
    release = next((path for path in sorted(held) if path.startswith(f"{parent}/") and not _below(path, app)), "")
    if release and not own:
        saw = f"preloaded before {app.path} was pointed at {app.real} ({moment(opcache.link_moved)})"
        yield Evidence(f"OPcache of pool {pool.pool}: {release}", saw, f"the files of {app.real}")


def _below(path: str, app: App) -> bool:
    return path.startswith(f"{app.real}/")


def _old(judged: Freshness) -> bool:
    return judged.state in (State.STALE, State.GONE)


def _evidence(pool: PoolOpcache, script: Script, judged: Freshness) -> Evidence:
    expected = f"the file of {moment(script.modified)}" if script.exists else "no such code"
    saw = f"preloaded after {moment(pool.start_time)}; {judged.why}"
    return Evidence(f"OPcache of pool {pool.pool}: {script.path}", saw, expected)


def _unsure(pool: PoolOpcache, unsure: list[tuple[Script, Freshness]], fpm: Fpm | Unknown | Absent) -> Unknown:
    script, judged = unsure[0]
    reason = (
        f"pool {pool.pool}: {len(unsure)} of its preloaded files {judged.why}, such as {script.path}; a reload of "
        "PHP-FPM settles it"
    )
    step = next(graceful_reloads(fpm, (pool.pool,), _WHY), None) if isinstance(fpm, Fpm) else None
    return Settleable(reason, step) if step and pool.preload_real else Unknown(reason)


@rule.fix(Safety.SAFE)
def reload(finding: Finding, opcache: Opcache, fpm: Fpm) -> Iterator[Step]:
    ready = [pool.pool for pool in opcache.seen if pool.preload_real and pool.pool in finding.ids("pool")]
    yield from graceful_reloads(fpm, ready, _WHY)
