"""
PHP-FPM runs a program or extension that was replaced since.

## Why
An upgrade of the packages replaces `php-fpm`, `opcache.so` or `pdo_mysql.so` on disk; the master and its workers go on
with the old ones, which the kernel keeps for them, until PHP-FPM executes itself again. Until then a security fix is
not live, PHP on the command line is another version than the one that answers visitors, and a new extension is missing.
needrestart, which looks for this on Debian, does not know PHP's extensions.

A replaced library of the system (OpenSSL, libc) alone is a notice.

## Verify by hand
```
grep -h ' (deleted)' /proc/[0-9]*/maps | grep -F php | sort -u
systemctl status {unit} --no-pager
```

## Fix safety
Safe: a graceful reload (SIGUSR2) executes the program again from its place, with its extensions. It may drop requests
where `process_control_timeout` is 0, since that cuts running requests off.
"""

from collections.abc import Iterator

from liveproof.analysis.memory import replaced_program
from liveproof.analysis.web.serving import running_masters
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.findings import Answer, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "FPM015",
    Severity.MEDIUM,
    condition="PHP-FPM runs the program and the extensions that are installed",
    answers=("PHP-FPM runs",),
)


@rule.check
def check(app: App, fpm: Fpm) -> Iterator[Answer]:
    for master in running_masters(app, fpm):
        if isinstance(master, Unknown):
            yield master
        elif isinstance(master.replaced, Unknown):
            yield master.replaced
        elif master.replaced:
            yield _finding(app, master, master.replaced)
        else:
            yield Holds(f"{master.binary} and all that process {master.pid} has mapped")


def _finding(app: App, master: Master, replaced: tuple[str, ...]) -> Finding:
    return replaced_program.finding(
        app,
        f"PHP-FPM {master.version}",
        master.pid,
        replaced=replaced,
        own=[path for path in replaced if path == master.binary or "/php" in path],
        about=tuple(Ref("pool", pool.id) for pool in master.pools if pool.id in app.pools),
        advice=f"{' '.join(master.test) or 'php-fpm -t'}, and reload PHP-FPM gracefully when it succeeds.",
    )


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    yield from graceful_reloads(fpm, finding.ids("pool"), "PHP-FPM must execute its program as it is installed")
