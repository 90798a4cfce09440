"""
A cache file that this app had, or cannot make by itself, is not there.

## Why
Without `config.php` or `routes-v7.php` in `bootstrap/cache` every request reads `.env`, all of `config/` and all of
`routes/`: right, but slow, and `env()` outside of `config/` suddenly has values. An app that never cached is none of
this rule's business; one that keeps the other of the two files gets this finding. When PHP-FPM still holds the missing
file in its memory, it was there since PHP-FPM started and has gone: a rebuild failed half way. Without `packages.php`
or `services.php` Laravel writes them on the next request, and dies ("must be present and writable") when it may not
write to `bootstrap/cache`.

## Verify by hand
```
ls -la {app}/bootstrap/cache
sudo -u {user} test -w {app}/bootstrap/cache && echo writable
```

## Fix safety
Safe: artisan makes the file as the app's user. A configuration cache that nobody has proven to have been there is not
made: an app that calls `env()` outside of `config/` would break by it.
"""

from collections.abc import Iterator

from liveproof.fixes.artisan import artisan, can_rebuild, without_dotenv
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Absent, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR003",
    Severity.NOTICE,
    caused_by=("FIL003",),
    leads_to=("WIR001:answered",),
    answers=("config cache", "routes cache"),
)

_OTHER = {"config": "routes", "routes": "config"}
_COMMAND = {"config": "config:cache", "routes": "route:cache"}
_MANIFESTS = ("packages", "services")
_PRODUCTION = "production"
_HELD = "OPcache"


@rule.check
def check(
    app: App, laravel: Laravel, access: Access | Unknown | Absent, opcache: Opcache | Unknown | Absent
) -> Iterator[Finding]:
    missing = {cache.kind: cache for cache in laravel.caches if not cache.exists}
    for kind in (*_OTHER, *_MANIFESTS):
        cache = missing.get(kind)
        if cache is None:
            continue
        if kind in _MANIFESTS:
            yield from _manifest(app, laravel, cache, access)
        elif _held(app, cache, opcache):
            evidence = Evidence(_HELD, f"{cache.path} is compiled in it", "the file on disk")
            yield _finding(
                app, laravel, cache, "was there since PHP-FPM started, and has gone", evidence, severity=Severity.NOTICE
            )
        elif laravel.environment == _PRODUCTION and _OTHER[kind] not in missing:
            other = laravel.cache(_OTHER[kind])
            evidence = Evidence("bootstrap/cache", f"{other.path if other else ''} is there", f"{cache.path} beside it")
            yield _finding(
                app,
                laravel,
                cache,
                "is not there, although the app caches in production",
                evidence,
                severity=Severity.NOTICE,
            )


def _manifest(app: App, laravel: Laravel, cache: CacheFile, access: Access | Unknown | Absent) -> Iterator[Finding]:
    directory = cache.path.rpartition("/")[0]
    if isinstance(access, Access) and access.may_write(directory) is False:
        evidence = Evidence(f"access(2) as {app.user}", f"{directory} is not writable", "writable")
        yield _finding(
            app,
            laravel,
            cache,
            "is not there and Laravel cannot write it: it does not start",
            evidence,
            severity=Severity.CRITICAL,
        )


def _held(app: App, cache: CacheFile, opcache: Opcache | Unknown | Absent) -> bool:
    if not isinstance(opcache, Opcache) or cache.path.startswith("/"):
        return False
    path = f"{app.real}/{cache.path}"
    caches = [pool for _, pool in opcache.pools if isinstance(pool, PoolOpcache)]
    return any(script.path == path for pool in caches for script in pool.scripts)


def _finding(app: App, laravel: Laravel, cache: CacheFile, what: str, seen: Evidence, *, severity: Severity) -> Finding:
    ref = _ref(app, cache)
    return Finding(
        f"{cache.path} {what}.",
        (Ref("app", app.path), ref),
        (Evidence(ref.id, "no file", "a file"), seen),
        without_dotenv(laravel)
        + f"Run sudo -u {app.user} php artisan {_COMMAND.get(cache.kind, 'package:discover')} in {app.path}.",
        severity=severity,
    )


def _ref(app: App, cache: CacheFile) -> Ref:
    return Ref("file", app.below(cache.path))


@rule.fix(Safety.SAFE)
def make(finding: Finding, app: App, laravel: Laravel) -> Iterator[Step]:
    missing = [cache for cache in laravel.caches if not cache.exists and _ref(app, cache) in finding.about]
    held = any(found.source == _HELD for found in finding.evidence)
    for cache in missing:
        if not laravel.recomputed or not can_rebuild(laravel, cache):
            continue
        if cache.kind in _MANIFESTS:
            yield artisan(app, laravel, "package:discover", f"{cache.path} is not there")
        elif cache.kind == "routes" or held:
            yield artisan(app, laravel, _COMMAND[cache.kind], f"{cache.path} is not there")
