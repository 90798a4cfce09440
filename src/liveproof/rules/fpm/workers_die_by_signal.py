"""
PHP-FPM's workers crash.

## Why
A worker that ends by SIGSEGV, SIGBUS, SIGABRT, SIGILL or SIGFPE was in the middle of a request: the visitor got 502,
and PHP-FPM started another one without a word to anybody but its log. After a deploy the usual causes are an extension
that does not fit PHP's version, a JIT or OPcache bug that the new code meets, endless recursion, or bytecode that was
reset under load. Requests that reach another worker are answered, so a health check sees nothing.

Crashes since the deploy and since PHP-FPM loaded its configuration last are counted.

## Verify by hand
```
grep -a 'exited on signal' /var/log/php*-fpm.log | tail
journalctl -k --no-pager | grep -E 'php-fpm.*(segfault|trap)' | tail
```

## Fix safety
Manual: what makes PHP crash must be found first. If it began with a reload of OPcache, another reload may end it; turn
`opcache.jit` off to see whether that is it.
"""

import re
from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.loaded import Loaded
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "FPM016",
    Severity.HIGH,
    condition="no worker crashed since the deploy",
    leads_to=("LAR015", "WIR001:unanswered"),
    answers=("errors logged", "PHP-FPM runs"),
    monitor="logs",
    past=True,
)

# fpm_children.c: "child %d exited on signal %d (SIGSEGV - core dumped) after %ld.%.6d seconds from start".
_CRASH = re.compile(r"\bexited on signal (?:4|6|7|8|11) \((SIG[A-Z]+)")
_SHOWN = 5


@rule.check
def check(app: App, logs: Logs, fpm: Fpm) -> Iterator[Answer]:
    named = [master.error_log for master, _ in fpm.serving(app.pools)]
    read = sorted({*logs.fpm, *(path for path in logs.read if path in named)})
    if not read:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in logs.unread) or "none is named"
        yield Unknown(f"whether workers crashed is not known, since PHP-FPM's log was not read ({reasons})")
        return
    since = int(_loaded(app, fpm))
    crashes = [
        group for group in logs.groups if group.kind == "fpm" and _CRASH.search(group.sample) and group.last >= since
    ]
    if crashes:
        yield _finding(app, crashes)
    elif any(path in read and kind == "fpm" for path, kind, _ in logs.more):
        yield Unknown(f"{read[0]} holds too many different entries to tell whether workers crashed")
    else:
        yield Holds(f"no crash in {', '.join(read)} since {logs.reason or 'the deploy'}")


def _loaded(app: App, fpm: Fpm) -> float:
    """When the app's masters had all loaded their configuration last; 0 where nobody knows of one."""
    masters = [master for master, _ in fpm.serving(app.pools)]
    return min((master.loaded.since if isinstance(master.loaded, Loaded) else 0.0 for master in masters), default=0.0)


def _finding(app: App, crashes: list[LogGroup]) -> Finding:
    count = sum(group.count for group in crashes)
    last = max(crashes, key=lambda group: group.last)
    signals = ", ".join(dict.fromkeys(found[1] for group in crashes if (found := _CRASH.search(group.sample))))
    return Finding(
        f"{count} worker{'s' if count > 1 else ''} of PHP-FPM crashed since the deploy ({signals}), the last at "
        f"{moment(last.last)}.",
        (
            Ref("app", app.path),
            *(Ref("pool", pool) for pool in app.pools),
            *dict.fromkeys(Ref("file", group.source) for group in crashes),
        ),
        tuple(Evidence(group.source, group.sample, "no crash") for group in crashes[:_SHOWN]),
        "Look for the core dump (coredumpctl), and at what the last deploy or upgrade changed: extensions, "
        "opcache.jit, recursion. A graceful reload of PHP-FPM begins with a fresh OPcache.",
        more=len(crashes[_SHOWN:]),
    )
