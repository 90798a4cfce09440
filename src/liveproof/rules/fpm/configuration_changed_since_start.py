"""
PHP-FPM runs with another configuration than lies on disk.

## Why
PHP-FPM reads php-fpm.conf, its pool files, php.ini and the ini files beside it when it starts and when it is reloaded.
An edit without a reload has no effect yet, and takes effect at the next reload or restart, when nobody thinks of it:
another memory limit, another user, a socket that moves away from nginx.

After a graceful reload the master has the same pid and start time, so its age says nothing. What shows it is the
lock file of OPcache's memory, which is made between the reading of php.ini and that of php-fpm.conf. Without OPcache
only files that are older than the master are proven. A file that was changed last before the load is loaded as it is;
of those, liveproof keeps the digest of the content, so that a mere `touch` or a rewrite with the same content is no
finding. Where no earlier run knows the content that was loaded, the answer is "unknown".

## Verify by hand
```
journalctl -u {unit} -n 20 --no-pager   # when it was reloaded last
ls -lct --time-style=full-iso /etc/php/*/fpm/php.ini /etc/php/*/fpm/conf.d /etc/php/*/fpm/pool.d/*
```

## Fix safety
Safe: a graceful reload (SIGUSR2), after `php-fpm -t` took the files. It may drop requests where
`process_control_timeout` is 0, since that cuts running requests off.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.loaded_configuration import SHOWN, about, evidence, summary, unsure
from liveproof.fixes.reload import graceful_reload
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.findings import Answer, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "FPM005",
    Severity.HIGH,
    condition="PHP-FPM has loaded its configuration, php.ini included, as it is on disk",
    answers=("PHP-FPM runs",),
)

_UNDO = "nothing to undo: another reload loads the files as they are then"


@rule.check
def check(app: App, fpm: Fpm) -> Iterator[Answer]:
    for master in _masters(app, fpm):
        loaded = master.loaded
        if isinstance(loaded, Unknown):
            yield loaded
        elif loaded is not None:
            if loaded.differing:
                pools = tuple(Ref("pool", pool.id) for pool in master.pools if pool.id in app.pools)
                test = " ".join(master.test) or "php-fpm -t"
                yield Finding(
                    f"PHP-FPM {master.version} has not loaded its configuration as it is on disk: {summary(loaded)}.",
                    (Ref("app", app.path), *pools, *about(loaded)),
                    tuple(evidence(loaded)),
                    f"{test}, and reload PHP-FPM gracefully when it succeeds.",
                    more=len(loaded.differing[SHOWN:]),
                )
            if loaded.unsure:
                reason = unsure(loaded, f"PHP-FPM {master.version}")
                yield Settleable(reason, graceful_reload(master, "then PHP-FPM has loaded every file as it is", _UNDO))
            elif not loaded.differing:
                yield Holds(f"PHP-FPM {master.version} has loaded {len(master.files)} files and its ini files")


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    done = set()
    for master, _ in fpm.serving(finding.ids("pool")):
        if master.pid and master.pid not in done:
            done.add(master.pid)
            yield graceful_reload(master, "PHP-FPM must load its files as they are", _UNDO)


def _masters(app: App, fpm: Fpm) -> tuple[Master, ...]:
    """The running masters of the app's pools."""
    return tuple({master.pid: master for master, _ in fpm.serving(app.pools) if master.pid}.values())
