"""
nginx runs a program or module that was replaced since.

## Why
An upgrade of the packages replaces `nginx` and its modules on disk. A reload starts new workers of the old program: the
master executes the new one only when it is restarted, or told to upgrade itself (SIGUSR2). Until then a security fix is
not live, and a configuration that only the new version understands is refused although `nginx -t` takes it.

A replaced library of the system (OpenSSL, libc) alone is a notice.

## Verify by hand
```
grep -h ' (deleted)' /proc/[0-9]*/maps | grep -F nginx | sort -u
systemctl status nginx --no-pager
```

## Fix safety
Manual: `systemctl restart nginx` drops the requests that run; Debian's `service nginx upgrade` exchanges the program
without that.
"""

from collections.abc import Iterator

from liveproof.analysis.memory import replaced_program
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Answer, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "NGX012",
    Severity.MEDIUM,
    condition="nginx runs the program and the modules that are installed",
    answers=("nginx runs",),
)


@rule.check
def check(app: App, nginx: Nginx) -> Iterator[Answer]:
    process = nginx.process
    if process is None:
        yield Unknown("nginx does not run")
    elif isinstance(process.replaced, Unknown):
        yield process.replaced
    elif process.replaced:
        yield _finding(app, nginx, process.pid, process.replaced)
    else:
        yield Holds(f"{nginx.binary} and all that process {process.pid} has mapped")


def _finding(app: App, nginx: Nginx, pid: int, replaced: tuple[str, ...]) -> Finding:
    restart = f"systemctl restart {nginx.unit or 'nginx'}"
    return replaced_program.finding(
        app,
        "nginx",
        pid,
        replaced=replaced,
        own=[path for path in replaced if path == nginx.binary or "nginx" in path],
        about=(Ref("unit", nginx.unit),),
        advice=f"Restart it at a quiet moment: {restart} (a reload keeps the old program).",
    )
