"""
The configuration cache was built for another directory, and holds its paths.

## Why
`artisan config:cache` writes absolute paths: of views, storage, logs, disks. A cache that came along with a copy of
the app, from the build server or from the release before, sends the app to that directory: to views and logs of
another release, or, once that release is cleaned up, to files that are not there. What the sources give now is no
fault, whatever paths they name.

Looked for are paths inside a release beside the one that is served, and views that come from elsewhere in a
configuration that names no path of this app at all.

## Verify by hand
```
grep -oE "'/[^']*/(resources|storage)/[^']*'" {app}/bootstrap/cache/config.php | sort | uniq -c
readlink -f {app}
```

## Fix safety
Safe: `artisan config:cache` as the app's user, in the directory that is served. It writes beside the old file, so
requests read either the one or the other.
"""

from collections.abc import Iterator

from liveproof.fixes.artisan import artisan, can_rebuild
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel, counted, listed
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR010",
    Severity.HIGH,
    condition="the cached configuration names the paths of this very directory",
    leads_to=("LAR001", "LAR015", "WIR001:answered", "WIR003"),
    answers=("config cache", "caches rebuilt"),
    prevents="fresh_caches",
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    cache = laravel.cache("config")
    keys, copies = laravel.elsewhere
    if cache is None or not cache.exists:
        yield Holds("there is no config cache: Laravel finds its paths itself")
    elif not keys or cache.fresh is True:
        yield Holds(f"{cache.path} names no path of another copy of the app that its sources do not name")
    else:
        path, places = app.below(cache.path), listed(copies, 3)
        yield Finding(
            f"The configuration cache {cache.path} was built for {places}: {counted(keys)} of its paths lie there.",
            (Ref("app", app.path), Ref("file", path)),
            (Evidence(path, f"{listed(keys, _NAMED)} in {places}", f"paths in {app.real}"),),
            f"Run sudo -u {app.user} php artisan config:cache in {app.path}, after each deploy.",
        )


@rule.fix(Safety.SAFE)
def rebuild(_finding: Finding, app: App, laravel: Laravel) -> Iterator[Step]:
    cache = laravel.cache("config")
    if cache is not None and not cache.loses and can_rebuild(laravel, cache):
        yield artisan(app, laravel, "config:cache", f"{cache.path} holds paths of another directory")
