"""
A compiled view is not what its Blade source compiles to now, and Laravel will go on using it.

## Why
Laravel compiles a Blade view once and afterwards only compares times: a source that came with an older time (rsync
`-t`, tar, a checkout, `cp -p`) is never compiled again, nor is anything where `view.check_cache_timestamps` is off or
the app's user cannot write the compiled file. liveproof lets the app's own Blade compile the source of each compiled
view into a private place, as the app's user, and compares the contents; a view that Laravel itself compiles again on
the next request is not a fault.

## Verify by hand
```
grep -l 'PATH .*welcome.blade.php' {app}/storage/framework/views/*.php
ls -l --time-style=full-iso {app}/resources/views {app}/storage/framework/views
```

## Fix safety
Safe: `artisan view:cache` as the app's user, where liveproof has seen that it works: one view that does not compile,
though nobody uses it, stops it. There only the stale compiled files are taken away, and the next request that needs
one compiles it.
"""

from collections.abc import Iterator

from liveproof.fixes.artisan import artisan, remove
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR005",
    Severity.MEDIUM,
    condition="every compiled view is what its source compiles to, or Laravel compiles it again",
    caused_by=("FIL005",),
    answers=("caches rebuilt",),
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    views = laravel.stale_views
    if isinstance(views, Unknown):
        yield Unknown(f"whether the compiled views are fresh: {views.reason}")
    elif views:
        more = f" and {len(views) - 1} more" if len(views) > 1 else ""
        yield Finding(
            f"The compiled view of {views[0].source}{more} is stale: {views[0].why}.",
            (Ref("app", app.path), *(Ref("file", app.below(view.source)) for view in views[:_NAMED])),
            tuple(
                Evidence(app.below(view.compiled), f"something else, and {view.why}", f"{view.source} compiled")
                for view in views[:_NAMED]
            ),
            f"Run sudo -u {app.user} php artisan view:clear in {app.path}.",
            more=len(views[_NAMED:]),
        )
    else:
        yield Holds(f"the compiled views in {laravel.compiled}" if laravel.compiled else "there are no compiled views")


@rule.fix(Safety.SAFE)
def compile_again(_finding: Finding, app: App, laravel: Laravel, files: Files | Unknown | Absent) -> Iterator[Step]:
    if isinstance(laravel.stale_views, Unknown) or laravel.compiled.startswith("/"):
        return
    if laravel.views_compile and laravel.php:
        why = "compiled views do not hold what their sources say now"
        yield artisan(app, laravel, "view:cache", why, laravel.compiled)
    else:
        stale = [view.compiled for view in laravel.stale_views]
        yield from remove(app, files, stale, "Laravel compiles a view again when it finds it not compiled")
