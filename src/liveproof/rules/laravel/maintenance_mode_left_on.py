"""
The app is in maintenance mode.

## Why
`php artisan down` writes `storage/framework/down`; until `php artisan up` removes it, Laravel answers 503, or whatever
page, redirect or status it was given, and runs none of the new code for visitors. A deploy that fails between the two
leaves the app like that, and so does an `up` that was run as a user who may not remove the file: it prints an error
that nobody reads. Paths that the app excepts, and visitors with the secret cookie, are answered as ever, so that a
health check may not see it.

Where the app keeps the switch in its cache store (`APP_MAINTENANCE_DRIVER=cache`) only the answers of requests tell.

## Verify by hand
```
ls -l {app}/storage/framework/down
curl -si -H 'Host: {host}' http://127.0.0.1/ | head -n 1
```

## Fix safety
Asked: `artisan up` as the app's user, after which visitors reach the app again. Whoever put it into maintenance mode
may still be at work, so it is never done unasked.
"""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, Safety, Severity
from liveproof.steps.run_artisan import RunArtisan

rule = Rule(
    "LAR020",
    Severity.HIGH,
    condition="the app is not in maintenance mode",
    leads_to=("WIR001:answered",),
    link=Link.WIRE,
    answers=("requests",),
)

# What `artisan down` writes below the storage (Illuminate\Foundation\FileBasedMaintenanceMode, DownCommand).
_DOWN, _PAGE = "framework/down", "framework/maintenance.php"


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    if isinstance(laravel.storage, Unknown):
        yield laravel.storage
    elif isinstance(laravel.down, Unknown):
        yield laravel.down
    elif laravel.down:
        path = app.below(f"{laravel.storage}/{_DOWN}")
        yield Finding(
            f"The app is in maintenance mode since {moment(laravel.down)}.",
            (Ref("app", app.path), Ref("file", path)),
            (Evidence(f"stat {path}", f"is there, since {moment(laravel.down)}", "no such file"),),
            f"When the work is done: sudo -u {app.user} php {app.path}/artisan up",
        )
    else:
        yield Holds(f"there is no {laravel.storage}/{_DOWN}")


@rule.fix(Safety.DROPS)
def end(_finding: Finding, app: App, laravel: Laravel) -> Iterator[Step]:
    if laravel.php and isinstance(laravel.storage, str) and not laravel.storage.startswith("/"):
        writes = tuple(f"{laravel.storage}/{name}" for name in (_DOWN, _PAGE))
        yield Step(
            RunArtisan(app.path, app.user, laravel.php, ("up",), writes),
            "visitors reach the app again",
            "the files come back from the journal: the app is in maintenance mode again",
            Safety.DROPS,
            cost="whoever put the app into maintenance mode may still be at work on it",
        )
