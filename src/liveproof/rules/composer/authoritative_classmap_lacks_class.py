r"""
Composer's authoritative class map lacks a class of the app.

## Why
After `composer dump-autoload --classmap-authoritative` a class that the map does not have is not looked for anywhere
else. When a deploy adds a file and the map is not made again, PHP answers `Class "App\…" not found`, although the
file is there and in the right place.

liveproof reads the map (`vendor/composer/autoload_static.php`) and looks for files below the app's own PSR-4
directories that declare the class which their path stands for, and that no entry names. With a map that is not
authoritative, PHP finds such a class by its path, and nothing is wrong.

## Verify by hand
```sh
grep -n setClassMapAuthoritative {app}/vendor/composer/autoload_real.php
grep -n 'Http..Controllers' {app}/vendor/composer/autoload_static.php
```

## Fix safety
Manual: `composer dump-autoload --classmap-authoritative` as the owner of the tree, which runs the app's Composer
scripts; then reload PHP-FPM.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Composer
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "CMP002",
    Severity.HIGH,
    condition="an authoritative class map of Composer's has every class of the app",
    leads_to=("WIR001:answered",),
    deployed=4,
)

_SHOWN = 10


@rule.check
def check(app: App, composer: Composer) -> Iterator[Answer]:
    autoloader = composer.autoloader
    if isinstance(autoloader, Unknown):
        yield autoloader
    elif not autoloader.authoritative:
        yield Holds("Composer's class map is not authoritative: PHP looks for other classes by their path")
    elif not autoloader.unmapped:
        yield Holds(f"the authoritative class map, of {autoloader.classes} classes, has all those of the app")
    else:
        shown = autoloader.unmapped[:_SHOWN]
        yield Finding(
            f"Composer's authoritative class map lacks classes of the app ({len(autoloader.unmapped)}), "
            f"such as {shown[0][0]}.",
            (Ref("app", app.path), *(Ref("file", path) for _, path in shown)),
            tuple(Evidence("vendor/composer/autoload_static.php", f"no entry {name}", path) for name, path in shown),
            f"Run composer dump-autoload --classmap-authoritative in {app.path} as the owner of vendor.",
            more=len(autoloader.unmapped) - len(shown),
        )
