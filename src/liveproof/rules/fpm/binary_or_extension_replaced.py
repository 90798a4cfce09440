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

from liveproof.analysis.serving import running_masters
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "FPM015",
    Severity.MEDIUM,
    condition="PHP-FPM runs the program and the extensions that are installed",
    answers=("PHP-FPM runs",),
)

_SHOWN = 10


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
    own = [path for path in replaced if path == master.binary or "/php" in path]
    first = (own or replaced)[0]
    more = f" and {len(replaced) - 1} more files" if len(replaced) > 1 else ""
    pools = tuple(Ref("pool", pool.id) for pool in master.pools if pool.id in app.pools)
    return Finding(
        f"PHP-FPM {master.version} runs {first}{more} as {'they were' if more else 'it was'} before an upgrade.",
        (Ref("app", app.path), *pools, *(Ref("file", path) for path in replaced[:_SHOWN])),
        tuple(Evidence(f"/proc/{master.pid}/maps", f"{path} (deleted)", path) for path in replaced[:_SHOWN]),
        f"{' '.join(master.test) or 'php-fpm -t'}, and reload PHP-FPM gracefully when it succeeds.",
        severity=Severity.MEDIUM if own else Severity.NOTICE,
        more=len(replaced[_SHOWN:]),
    )


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    yield from graceful_reloads(fpm, finding.ids("pool"), "PHP-FPM must execute its program as it is installed")
