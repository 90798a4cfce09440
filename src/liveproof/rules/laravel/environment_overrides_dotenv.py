r"""
Requests see a key of `.env` with another value than `.env` gives it.

## Why
Laravel takes from `.env` only what the environment does not have already. `env[KEY]` in the pool's file, the
environment of PHP-FPM's unit where `clear_env = no` lets it through, and `fastcgi_param KEY` in nginx come before it:
an edit of `.env` then has no effect on requests, while artisan, the scheduler and queue workers go by `.env`.

Where the configuration is cached, requests read neither: the cache holds what `artisan config:cache` saw, so it is only
a notice. The site changes its ways the day that somebody runs `artisan config:clear`. Names are reported, never values.

## Verify by hand
```
grep -rnE 'env\[|clear_env' /etc/php/{version}/fpm/pool.d
systemctl show -p Environment -p EnvironmentFiles {unit}
grep -rn fastcgi_param /etc/nginx | grep -v fastcgi_params
```

## Fix safety
Manual: which of the two values is meant, only a person knows.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel, Override
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "LAR019",
    Severity.MEDIUM,
    condition="requests see the values that .env gives",
    leads_to=("WIR001:answered",),
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    cache = laravel.cache("config")
    cached = cache is not None and cache.exists
    found = laravel.overrides
    if isinstance(found, Unknown):
        yield Holds(f"requests read {cache.path} instead of .env") if cache and cached else found
    elif found:
        yield _finding(app, found, cached)
    elif laravel.dotenv:
        yield Holds(f"nothing is overridden: .env gives nothing ({laravel.dotenv})")
    else:
        yield Holds("no pool, service or location of nginx gives requests another value than .env does")


def _finding(app: App, found: tuple[Override, ...], cached: bool) -> Finding:
    names = tuple(dict.fromkeys(one.name for one in found))
    keys = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    what = f"another value of {keys} than .env gives"
    dotenv = app.below(".env")
    return Finding(
        f"The cached configuration hides {what}: without the cache requests would see it."
        if cached
        else f"Requests see {what}.",
        (Ref("app", app.path), Ref("file", dotenv), *dict.fromkeys(Ref("pool", one.pool) for one in found)),
        tuple(Evidence(one.where, f"{one.name} has another value", f"the value in {dotenv}") for one in found[:_NAMED]),
        "Set each key in one place only: take it out there and reload the service, or out of .env.",
        severity=Severity.NOTICE if cached else Severity.MEDIUM,
        more=len(found[_NAMED:]),
    )
