"""
The event cache does not hold the listeners that the app's providers name now.

## Why
With `bootstrap/cache/events.php` in place Laravel asks no provider and looks through no directory for listeners: a new
listener is never called, and a removed one still is, or ends the request in "class does not exist". Times prove
nothing, so liveproof lets `artisan event:cache` write to a private place, as the app's user and in a view of the file
system where nothing that the app writes stays, and compares listener by listener. Their order does not count.

## Verify by hand
```
ls -l --time-style=full-iso {app}/bootstrap/cache/events.php
sudo -u {user} {php} {app}/artisan event:list | wc -l
sudo -u {user} env APP_EVENTS_CACHE=/nonexistent/events.php {php} {app}/artisan event:list | wc -l
```

## Fix safety
Safe: `artisan event:cache` as the app's user gives what was just computed. It is put in the place of the old one at
once, so no request meets half a file.
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
    "LAR004",
    Severity.HIGH,
    condition="the cached events are what the app's providers and listeners give now",
    caused_by=("FIL003", "FIL004"),
    leads_to=("WIR001:answered", "WIR003"),
    answers=("caches rebuilt",),
    prevents="fresh_caches",
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    cache = stale(laravel.cache("events"))
    if isinstance(cache, Unknown):
        yield cache
    elif cache:
        path, count = app.below(cache.path), counted(cache.differs)
        listeners = f"{count} listeners differ" if count != 1 else "1 listener differs"
        what = "it is cut off or broken" if cache.broken else listeners
        yield Finding(
            f"The event cache {cache.path} is stale: {what}.",
            (Ref("app", app.path), Ref("file", path)),
            (
                Evidence(path, f"differs in {listed(cache.differs, _NAMED)}", "what artisan event:cache gives now"),
                Evidence("stat", f"{cache.path}: {cache.size} bytes"),
            ),
            f"Run sudo -u {app.user} php artisan event:cache in {app.path}.",
        )
    else:
        yield fresh(laravel, "events")


@rule.fix(Safety.SAFE)
def rebuild(_finding: Finding, app: App, laravel: Laravel) -> Iterator[Step]:
    cache = laravel.cache("events")
    if cache is not None and can_rebuild(laravel, cache):
        yield artisan(app, laravel, "event:cache", f"{cache.path} does not hold the listeners that the code names now")
