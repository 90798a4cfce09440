"""
The app gets nothing from `.env`: it is not there, its user cannot read it, or Laravel refuses it.

## Why
Without a cached configuration Laravel reads `.env` for every request. One that is not there, or that its user cannot
read, is passed over in silence: no APP_KEY, the defaults of config/ for everything else, and "No application
encryption key has been specified" for whoever needs a session. A line such as `APP_NAME=My App`, without quotes, ends
every request with "The environment file is invalid!".

With a cached configuration requests go on, and the next deploy caches empty values or fails: that is a notice. No
`.env` is right where PHP-FPM or nginx gives the app its variables, which APP_KEY shows; where bootstrap/app.php names
another file, the answer is "unknown".

## Verify by hand
```
sudo -u {user} head -c 0 {app}/.env && echo readable
sudo -u {user} env APP_CONFIG_CACHE=/nonexistent/config.php {php} {app}/artisan --version
```

## Fix safety
Manual: `.env` holds the app's secrets, so who may read it is not for liveproof to decide.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import NO_DOTENV, Laravel
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "LAR009",
    Severity.HIGH,
    condition="the app gets its variables from .env, or does without it",
    caused_by=("FIL001", "SYS001"),
    leads_to=("WIR001:answered", "WIR003", "LAR015"),
)


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    cache, why = laravel.cache("config"), laravel.dotenv
    cached = cache is not None and cache.exists
    if not why:
        yield Holds(f"{app.user} can read .env, and Laravel takes it")
    elif why == NO_DOTENV and cached:
        yield Holds("requests read the cached configuration; there is no .env")
    elif why == NO_DOTENV and laravel.keyed is True:
        yield Holds("there is no .env: PHP-FPM or nginx gives the app its variables")
    elif why == NO_DOTENV and isinstance(laravel.keyed, Unknown):
        yield Unknown(f"there is no .env, and {laravel.keyed.reason}")
    else:
        path = app.below(".env")
        then = "the next config:cache caches empty values or fails" if cached else "requests go without its values"
        yield Finding(
            f"The app gets nothing from .env ({why}): {then}.",
            (Ref("app", app.path), Ref("file", path)),
            (Evidence(path, why, f"a file that {app.user} can read and Laravel takes"),),
            f"Put {path} right: {app.user} must be able to read it, and values with spaces stand in quotes.",
            severity=Severity.NOTICE if cached else Severity.HIGH,
        )
