"""
A clear command says that it worked, and the stale cache stays.

## Why
`artisan config:clear` and `route:clear` remove a file and do not look whether that worked: in a directory that the
app's user cannot write they print "cleared" with exit status 0, and the old cache goes on being used. That is why
clearing the caches again and again helps nothing. It is told only where a cache is stale and the directory is not
writable.

## Verify by hand
```
sudo -u {user} {php} {app}/artisan config:clear; ls -la {app}/bootstrap/cache/config.php
sudo -u {user} test -w {app}/bootstrap/cache || echo not writable
```

## Fix safety
Nothing of its own: the directory's owner is mended first (FIL003), then the stale cache is rebuilt (LAR001, LAR002).
"""

from collections.abc import Iterator

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.lab import Lab
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("LAR011", Severity.NOTICE, caused_by=("FIL003",))

_CLEAR = {"config": "config:clear", "routes": "route:clear"}


@rule.check
def check(app: App, laravel: Laravel, access: Access) -> Iterator[Finding | Unknown]:
    stale = [cache for cache in laravel.caches if cache.kind in _CLEAR and cache.exists and cache.fresh is False]
    for cache in stale:
        directory = cache.path.rpartition("/")[0]
        writable = access.may_write(directory)
        if isinstance(writable, Unknown):
            yield writable
        elif writable is False:
            command = _CLEAR[cache.kind]
            path = app.below(cache.path)
            yield Finding(
                f"artisan {command} run by {app.user} prints success and leaves the stale {cache.path}.",
                (Ref("app", app.path), Ref("file", path), Ref("file", app.below(directory))),
                (
                    Evidence(f"access(2) as {app.user}", f"{directory} is not writable", "writable"),
                    Evidence(path, f"stale: {', '.join(cache.differs[:3])}", f"gone after {command}"),
                ),
                f"Give {directory} to {app.user} first, then run artisan as {app.user}.",
            )


@rule.fault
def cleared_in_roots_directory(lab: Lab) -> None:
    lab.sh('sed -i "s/^RELEASE=.*/RELEASE=edited/" .env; chown root:root "$CACHE"; chmod 755 "$CACHE"')
    lab.sh("php artisan config:clear", user=lab.user)


@rule.symptom
def file_is_still_there_after_success(lab: Lab) -> bool:
    told = lab.sh("php artisan config:clear", user=lab.user).lower()
    return "cleared" in told and lab.sh('ls "$CACHE"').count("config.php") == 1


@rule.lookalike
def roots_file_in_the_apps_directory(lab: Lab) -> None:
    lab.sh('sed -i "s/^RELEASE=.*/RELEASE=edited/" .env')
    lab.sh('chown root:root "$CACHE/config.php"; chmod 644 "$CACHE/config.php"')
