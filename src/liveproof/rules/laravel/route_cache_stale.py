"""
The route cache does not hold the routes that routes/ gives now.

## Why
With `bootstrap/cache/routes-v7.php` in place (`routes.php` before Laravel 7) Laravel does not read `routes/`: a new
route is a 404 and a removed one still answers. Times prove nothing, so liveproof lets `artisan route:cache` write to
a private place, as the app's user and in a view of the file system where nothing that the app writes stays, and
compares route by route. The names that Laravel makes up for routes without a name, and the numbers of objects in
closures, are not counted.

## Verify by hand
```
ls -l --time-style=full-iso {app}/bootstrap/cache/routes-v7.php {app}/routes
sudo -u {user} {php} {app}/artisan route:list | wc -l
sudo -u {user} env APP_ROUTES_CACHE=/nonexistent/routes.php {php} {app}/artisan route:list | wc -l
```

## Fix safety
Safe: `artisan route:cache` as the app's user gives what was just computed. It is only planned after it has succeeded
beside the live one, so closures that an old Laravel cannot store never stop it half way.
"""

from collections.abc import Iterator

from liveproof.analysis.laravel.caches import fresh, stale
from liveproof.fixes.artisan import artisan, can_rebuild, remove
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel, counted, listed
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR002",
    Severity.HIGH,
    condition="the cached routes are what routes/ gives now",
    caused_by=("FIL003", "FIL004"),
    leads_to=("WIR001:answered",),
    answers=("routes cache", "caches rebuilt"),
    prevents="fresh_caches",
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    cache = stale(laravel.cache("routes"))
    if isinstance(cache, Unknown):
        yield cache
    elif cache:
        path = app.below(cache.path)
        count, named = counted(cache.differs), listed(cache.differs, _NAMED)
        yield Finding(
            f"The route cache {cache.path} is stale: {f'{count} routes differ' if count != 1 else '1 route differs'}.",
            (Ref("app", app.path), Ref("file", path)),
            (
                Evidence(path, f"differs in {named}", "what artisan route:cache gives now"),
                Evidence("stat", f"{cache.path}: {cache.size} bytes"),
            ),
            f"Run sudo -u {app.user} php artisan route:cache in {app.path}.",
        )
    else:
        yield fresh(laravel, "routes")


@rule.fix(Safety.SAFE)
def rebuild(_finding: Finding, app: App, laravel: Laravel, files: Files | Unknown | Absent) -> Iterator[Step]:
    cache = laravel.cache("routes")
    if cache is None or not can_rebuild(laravel, cache):
        return
    if not cache.readable or any(name.startswith("the whole file") for name in cache.differs):
        yield from remove(app, files, [cache.path], "with this route cache in place artisan may not start")
    yield artisan(app, laravel, "route:cache", f"{cache.path} does not hold the routes that routes/ gives now")
