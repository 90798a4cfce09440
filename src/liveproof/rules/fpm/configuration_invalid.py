"""
PHP-FPM refuses the configuration that is on disk.

## Why
A running PHP-FPM goes on with what it loaded, so that nobody notices one bad line in a pool file or php-fpm.conf. The
next reload ends it: the master executes itself again, refuses the file and is gone, while `systemctl reload` says
success. The next start or reboot fails too.

liveproof asks `php-fpm -t` of the very program that runs where the files may differ from what is loaded; what a master
has loaded as it is on disk was taken.

## Verify by hand
```
php-fpm{version} -t
```

## Fix safety
Manual: what the line should say only its author knows. Nothing is reloaded before the test succeeds.
"""

from collections.abc import Iterator

from liveproof.analysis.web.serving import running_masters
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "FPM004",
    Severity.HIGH,
    condition="PHP-FPM takes the configuration that is on disk",
    leads_to=("FPM005",),
    answers=("PHP-FPM runs",),
)


@rule.check
def check(app: App, fpm: Fpm) -> Iterator[Answer]:
    for master in running_masters(app, fpm):
        if isinstance(master, Unknown):
            yield master
        elif isinstance(master.refused, Unknown):
            yield master.refused
        elif master.refused:
            yield _finding(app, master)
        elif isinstance(master.loaded, Unknown):
            yield master.loaded
        else:
            yield Holds(f"PHP-FPM {master.version} takes {master.config} and what it includes")


def _finding(app: App, master: Master) -> Finding:
    assert not isinstance(master.refused, Unknown)
    test = " ".join(master.test) or "php-fpm -t"
    pools = tuple(Ref("pool", pool.id) for pool in master.pools if pool.id in app.pools)
    return Finding(
        f"PHP-FPM {master.version} refuses its configuration, and would not survive a reload: {master.refused[0]}.",
        (Ref("app", app.path), *pools, *(Ref("file", path) for path, _ in master.files)),
        tuple(Evidence(test, line, "test is successful") for line in master.refused),
        f"Correct what it names, and do not reload PHP-FPM before {test} succeeds.",
    )
