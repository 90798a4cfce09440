"""
Composer's platform check refuses the PHP of the pool.

## Why
`vendor/composer/platform_check.php` runs at the start of every request. It asks for the PHP version and the extensions
that the installed packages need, and ends the request where they are not there. Command line and pool often have
another PHP or other extensions, so `composer install` and artisan work while every visitor gets an error 500.

liveproof reads what the file asks for, and asks the pool's own PHP what it has.

## Verify by hand
```sh
grep -E 'PHP_VERSION_ID|extension_loaded' {app}/vendor/composer/platform_check.php
php-fpm8.2 -m                                                    # the extensions of the pool's PHP
```

## Fix safety
Manual: install the extension for the pool's PHP (and restart PHP-FPM), let nginx pass to a pool of the right version,
or deploy packages that were installed for this version.
"""

from collections.abc import Iterator

from liveproof.analysis.php_version import version_id, version_of
from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Composer, PlatformCheck
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "CMP004",
    Severity.HIGH,
    condition="every pool has the PHP and the extensions that Composer's platform check asks for",
    leads_to=("WIR001:answered",),
)

_CHECK = "vendor/composer/platform_check.php"


@rule.check
def check(app: App, composer: Composer, opcache: Opcache | Unknown | Absent) -> Iterator[Answer]:
    platform = composer.platform
    if isinstance(platform, Unknown):
        yield platform
    elif not platform.present or not (platform.version or platform.extensions):
        yield Holds("Composer's autoloader asks for no PHP version and no extension")
    elif isinstance(opcache, Unknown | Absent):
        yield Unknown(f"what PHP the pool has: {opcache.reason}")
    else:
        yield from opcache.unseen
        for pool in opcache.seen:
            lacks = tuple(_lacks(platform, pool))
            if lacks:
                yield Finding(
                    f"Composer's platform check ends every request of pool {pool.pool}.",
                    (Ref("app", app.path), Ref("pool", pool.pool)),
                    lacks,
                    "Give the pool the PHP and the extensions that the packages need, or install packages for it.",
                )
            else:
                yield Holds(
                    f"pool {pool.pool} has PHP {pool.php} and the extensions asked for ({len(platform.extensions)})"
                )


def _lacks(platform: PlatformCheck, pool: PoolOpcache) -> Iterator[Evidence]:
    if version_id(pool.php) < platform.version:
        yield Evidence(f"PHP of pool {pool.pool}", pool.php, f"{version_of(platform.version)} or later, by {_CHECK}")
    loaded = {name.lower() for name in pool.extensions}
    for name in platform.extensions:
        if name not in loaded:
            yield Evidence(f"extensions of pool {pool.pool}", f"no {name}", f"{name}, by {_CHECK}")
