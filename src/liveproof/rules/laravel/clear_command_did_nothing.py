"""
A clear command says that it worked, and the stale cache stays.

## Why
`artisan config:clear` and `route:clear` remove a file and do not look whether that worked: in a directory that the
app's user cannot write they print "cleared" with exit status 0, and the old cache goes on being used. That is why
clearing the caches again and again helps nothing. It is reported only where a cache is stale and the directory is not
writable.

## Verify by hand
```
ls -la --time-style=full-iso {app}/bootstrap/cache
sudo -u {user} test -w {app}/bootstrap/cache || echo not writable
```

## Fix safety
Nothing of its own: the directory's owner is fixed first (FIL003), then the stale cache is rebuilt (LAR001, LAR002).
"""

from collections.abc import Iterator

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("LAR011", Severity.NOTICE, caused_by=("FIL003",), answers=("caches rebuilt",))

_CLEAR = {"config": "config:clear", "routes": "route:clear"}


@rule.check
def check(app: App, laravel: Laravel, access: Access) -> Iterator[Finding | Unknown]:
    remaining: list[CacheFile] = []
    for cache in laravel.caches:
        if cache.kind in _CLEAR and cache.exists and cache.fresh is False:
            writable = access.may_write(_directory(cache))
            if isinstance(writable, Unknown):
                yield writable
            elif writable is False:
                remaining.append(cache)
    if remaining:
        commands = " and ".join(_CLEAR[cache.kind] for cache in remaining)
        directories = dict.fromkeys(_directory(cache) for cache in remaining)
        yield Finding(
            f"artisan {commands}, run by {app.user}, says that it worked and leaves the stale cache.",
            (
                Ref("app", app.path),
                *(Ref("file", app.below(path)) for path in (*directories, *(c.path for c in remaining))),
            ),
            (
                *(Evidence(f"access(2) as {app.user}", f"{path} is not writable", "writable") for path in directories),
                *(
                    Evidence(app.below(c.path), f"stale: {', '.join(c.differs[:3])}", "gone when cleared")
                    for c in remaining
                ),
            ),
            f"Give {', '.join(directories)} to {app.user} first, then run artisan as {app.user}.",
        )


def _directory(cache: CacheFile) -> str:
    return cache.path.rpartition("/")[0]
