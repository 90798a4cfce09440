"""
What a package keeps in bootstrap/cache names classes or files that are not there.

## Why
Livewire (`livewire-components.php`), Filament (`filament/panels/*.php`), blade-icons (`blade-icons.php`) and others
keep lists of their own beside Laravel's caches, which `config:cache` does not renew. After a deploy that renames or
removes a component, a page or an icon they still name it, and the request that needs it ends in "class not found", or
in nothing where the icon was.

Each PHP file there is read as an array, and never executed. Looked at are classes of namespaces that Composer knows,
and paths inside the app. What is new and not in the list yet is not looked for.

## Verify by hand
```
find {app}/bootstrap/cache -name '*.php' | xargs ls -l --time-style=full-iso
grep -n Livewire {app}/bootstrap/cache/livewire-components.php
```

## Fix safety
Manual: each package has a command of its own (`livewire:discover`, `filament:cache-components`, `icons:cache`), run as
the app's user.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel, PackageCache, counted, listed
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "LAR017",
    Severity.MEDIUM,
    condition="what other packages keep in bootstrap/cache names only classes and files that are there",
    caused_by=("FIL003", "FIL004"),
    leads_to=("WIR001:answered", "LAR015"),
    answers=("caches rebuilt",),
    prevents="fresh_caches",
)

_NAMED = 10
_COMMANDS = {"livewire": "livewire:discover", "filament": "filament:cache-components", "blade-icons": "icons:cache"}


@rule.check
def check(app: App, laravel: Laravel) -> Iterator[Answer]:
    caches = laravel.package_caches
    if isinstance(caches, Unknown):
        yield caches
        return
    if not caches:
        yield Holds("no package keeps PHP files below bootstrap/cache")
    for cache in caches:
        if isinstance(cache.gone, Unknown):
            yield cache.gone
        elif cache.gone:
            yield _finding(app, cache, cache.gone)
        else:
            yield Holds(f"{cache.path} names only what is there")


def _finding(app: App, cache: PackageCache, gone: tuple[str, ...]) -> Finding:
    path = app.below(cache.path)
    command = next((command for word, command in _COMMANDS.items() if word in cache.path), "")
    run = f"php artisan {command}" if command else "the command of the package that made it"
    return Finding(
        f"{cache.path} names {counted(gone)} classes or files that are not there.",
        (Ref("app", app.path), Ref("file", path)),
        (Evidence(path, f"names {listed(gone, _NAMED)}", "classes and files that are there"),),
        f"Run {run} as {app.user} in {app.path}, after each deploy.",
    )
