"""
Laravel's package manifest does not list the packages that Composer installed.

## Why
Laravel registers packages from `bootstrap/cache/packages.php`, which only `artisan package:discover` writes (Composer
runs it unless told `--no-scripts`). When it is stale a new package does nothing, and a removed one stops the app with
a class that is not found. liveproof builds what the manifest should be from `vendor/composer/installed.json`, and
looks whether each provider's class has its file. `services.php` is compared with a recomputed one; where only its
list of providers differs, Laravel itself writes it again.

## Verify by hand
```
sudo cat {app}/bootstrap/cache/packages.php
grep -A5 '"laravel"' {app}/vendor/composer/installed.json
```

## Fix safety
Safe: `artisan package:discover` as the app's user. It starts without the two manifests, since artisan cannot start with
one that names a class that is gone, and so writes both beside those that are in use; then they are put in their places
together. Where the app would not start with the packages as they are nothing is done: missing files are Composer's to
fix, by `composer install`.
"""

from collections.abc import Iterator

from liveproof.analysis.laravel.caches import stale
from liveproof.fixes.artisan import artisan, can_rebuild
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import CacheFile, Laravel, listed
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "LAR006",
    Severity.HIGH,
    condition="the manifests of packages and services are what the installed packages give now",
    caused_by=("FIL003", "FIL004"),
    leads_to=("WIR001:answered",),
    answers=("manifests", "caches rebuilt"),
    prevents="fresh_caches",
)

_NAMED = 10


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    evidence: list[Evidence] = []
    refs: list[Ref] = []
    for cache in _manifests(laravel):
        path, outdated = app.below(cache.path), stale(cache)
        if isinstance(outdated, Unknown):
            yield outdated
        elif outdated:
            expected = "vendor/composer/installed.json" if cache.kind == "packages" else "what Laravel computes now"
            evidence.append(Evidence(path, f"differs in {listed(cache.differs, _NAMED)}", expected))
            refs.append(Ref("file", path))
        else:
            yield Holds(f"{cache.path} is what the installed packages give now")
    evidence += [
        Evidence("Composer's autoloader", f"no file for the class {name}", "a file")
        for name in laravel.missing_providers[:_NAMED]
    ]
    if not _manifests(laravel):
        yield Holds("Laravel writes the manifests at its next start")
    if evidence:
        yield Finding(
            _message(laravel),
            (Ref("app", app.path), *refs),
            tuple(evidence[: _NAMED + 2]),
            f"Run composer install in {app.path}, or php artisan package:discover as {app.user}.",
            more=len(evidence[_NAMED + 2 :]) + len(laravel.missing_providers[_NAMED:]),
        )


def _manifests(laravel: Laravel) -> list[CacheFile]:
    return [cache for cache in laravel.caches if cache.kind in ("packages", "services") and cache.exists]


def _message(laravel: Laravel) -> str:
    if laravel.missing_providers:
        return f"The package manifest names classes that are not there: {listed(laravel.missing_providers, 3)}."
    if laravel.packages_differ:
        return f"The package manifest is stale: {listed(laravel.packages_differ, 3)}."
    return "services.php does not hold what the providers say now."


@rule.fix(Safety.SAFE)
def discover(_finding: Finding, app: App, laravel: Laravel) -> Iterator[Step]:
    manifests = _manifests(laravel)
    if not laravel.recomputed or not all(can_rebuild(laravel, cache) for cache in manifests):
        return  # with the packages as they are the app would not start
    if laravel.missing_providers and not laravel.packages_differ:
        return  # the manifest is right, the package's files are missing
    yield artisan(app, laravel, "package:discover", "the manifest does not list the packages that are installed")
