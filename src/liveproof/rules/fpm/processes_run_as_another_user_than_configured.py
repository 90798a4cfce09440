"""
PHP-FPM's workers run as another user than the pool's file names.

## Why
A worker becomes its pool's user when it is started. Whoever changes `user =` in the pool's file and does not reload, or
gives the user another number (`usermod -u`), has workers that go on as before: they write files that the new user
cannot change, and the next reload turns all rights around at once.

## Verify by hand
```
ps -o user,pid,cmd -C php-fpm{version}
grep -n '^user' /etc/php/*/fpm/pool.d/*.conf
```

## Fix safety
Safe: a graceful reload (SIGUSR2), after `php-fpm -t` took the files. It may drop requests where
`process_control_timeout` is 0, since that cuts running requests off.
"""

from collections.abc import Iterator

from liveproof.analysis.web.serving import running
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Pool
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule(
    "FPM019",
    Severity.HIGH,
    condition="the workers of each pool run as the user that its file names",
    caused_by=("FPM005",),
    leads_to=("LAR015", "WIR001:answered", "WIR003"),
    answers=("PHP-FPM runs",),
)

_SHOWN = 5


@rule.check
def check(app: App, fpm: Fpm) -> Iterator[Answer]:
    for one in running(app, fpm):
        if isinstance(one, Unknown):
            yield one
            continue
        pool = one[1]
        if pool.configured is None:
            yield Holds(f"pool {pool.id} runs as its master does, {pool.user}, which is not root's")
        elif pool.configured[1] < 0:
            yield Unknown(f"{pool.file} names the user {pool.configured[0]!r}, whom nobody on this host knows")
        elif wrong := [worker for worker in pool.workers if worker.uid != pool.configured[1]]:
            yield _finding(app, pool, [(worker.pid, worker.uid) for worker in wrong])
        else:
            yield Holds(f"{len(pool.workers)} workers of pool {pool.id} run as {pool.configured[0]}")


def _finding(app: App, pool: Pool, wrong: list[tuple[int, int]]) -> Finding:
    assert pool.configured is not None
    name, uid = pool.configured
    return Finding(
        f"Workers of pool {pool.id} run as user {wrong[0][1]}, while its file names {name} ({uid}).",
        (Ref("app", app.path), Ref("pool", pool.id), Ref("file", pool.file)),
        tuple(Evidence(f"/proc/{pid}/status", f"Uid {now}", f"Uid {uid} ({name})") for pid, now in wrong[:_SHOWN]),
        "Test the configuration, then reload PHP-FPM gracefully; see that the new user may read and write what the app "
        "needs.",
        more=len(wrong[_SHOWN:]),
    )


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    yield from graceful_reloads(fpm, finding.ids("pool"), "workers must be started as the user that the file names")
