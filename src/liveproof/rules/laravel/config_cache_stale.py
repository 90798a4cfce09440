"""
The configuration cache does not hold what .env and config/ say now.

## Why
With `bootstrap/cache/config.php` in place Laravel reads neither `.env` nor `config/`: whatever changed there since
the cache was made has no effect, however often PHP-FPM is restarted. Whether it is stale is not judged by times:
liveproof lets `artisan config:cache` write to a private place, as the app's user and in a view of the file system
where nothing that the app writes stays, and compares. Only the names of differing keys are reported, never a value.

## What is reported as UNKNOWN
A value that comes out differently each time (`time()` in a configuration file), one that the cache has and `.env`
does not give (a deploy that exports variables in its own shell), an app that artisan cannot start, a `.env` that its
user cannot read.

## Verify by hand
```
ls -l --time-style=full-iso {app}/bootstrap/cache/config.php {app}/.env {app}/config
sudo -u {user} env APP={app} PHP={php} sh -c '
  umask 077; d=$(mktemp -d) && APP_CONFIG_CACHE=$d/config.php "$PHP" "$APP/artisan" config:cache >"$d/said" 2>&1
  cmp -s "$APP/bootstrap/cache/config.php" "$d/config.php" && echo "the same" || echo "differs, or cannot be made"
  rm -rf "$d"'
```

## Fix safety
Safe: `artisan config:cache` as the app's user gives what was just computed. It starts without the old file, which may
name a provider that is gone, and writes beside it: requests read either the old or the new one.
Where a rebuild would leave a value empty that the cache has, liveproof shows it and does nothing.
"""

from collections.abc import Iterator

from liveproof.analysis.laravel.caches import fresh, stale
from liveproof.fixes.artisan import artisan, can_rebuild
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel, counted, listed
from liveproof.model.findings import Answer, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR001",
    Severity.HIGH,
    condition="the cached configuration is what config/ and .env give now",
    caused_by=("FIL003", "FIL004"),
    leads_to=("WIR001:answered", "WIR003"),
    answers=("config cache", "caches rebuilt"),
    prevents="fresh_caches",
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    cache = stale(laravel.cache("config"))
    if isinstance(cache, Unknown):
        yield cache
    elif cache:
        path = app.below(cache.path)
        named, count = listed(cache.differs, _NAMED), counted(cache.differs)
        keys = f"{count} keys differ" if count != 1 else "1 key differs"
        what = "it is cut off or broken" if cache.broken else f"{keys}: {named}"
        evidence = [Evidence(path, what, "what artisan config:cache gives now")]
        if cache.loses:
            lost = listed(cache.loses, _NAMED)
            evidence.append(Evidence(".env", f"nothing that gives {lost}", "a value, as in the cache"))
        yield Finding(
            f"The configuration cache {cache.path} is stale: {what}.",
            (Ref("app", app.path), Ref("file", path)),
            tuple(evidence),
            _advice(app, bool(cache.loses)),
        )
    else:
        yield fresh(laravel, "config")


def _advice(app: App, loses: bool) -> str:
    command = f"sudo -u {app.user} php artisan config:cache in {app.path}"
    if loses:
        return f"Put the values that only the deploy's shell had into .env, then run {command}."
    return f"Run {command}."


@rule.fix(Safety.SAFE)
def rebuild(_finding: Finding, app: App, laravel: Laravel) -> Iterator[Step]:
    cache = laravel.cache("config")
    if cache is None or cache.loses or not can_rebuild(laravel, cache):
        return
    if laravel.packages_differ:
        yield artisan(app, laravel, "package:discover", "the configuration is made by the packages that are installed")
    yield artisan(app, laravel, "config:cache", f"{cache.path} does not hold what .env and config/ say now")
