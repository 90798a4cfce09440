"""
A graceful reload of PHP-FPM would cut running requests off.

## Why
On a reload the master asks its workers to finish, waits `process_control_timeout` seconds, then terminates them. The
default is 0: they are terminated at once, and their clients get a 502. Measured on PHP 8.2 with 10 short requests a
second: one of four reloads lost a request with 0, and one of six that were sent while nobody was served. With 10 s none
did. Deploys that end with a reload want this set.

## Verify by hand
```bash
{fpm} -tt 2>&1 | grep process_control_timeout
```

## Fix safety
Edits the configuration, and drops requests: the setting takes effect by a reload, and that one still happens without
it.
"""

from collections.abc import Iterator

from liveproof.fixes.nginx_edit import with_global
from liveproof.fixes.reload import graceful_reloads
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.write_file import WriteFile

rule = Rule("OPC013", Severity.NOTICE, prevents="graceful_reload")

_WANTED = "10s"


@rule.check
def check(app: App, fpm: Fpm) -> Iterator[Finding]:
    for master in _cutting(app, fpm):
        pools = [pool.id for one, pool in fpm.serving(app.pools) if one is master]
        yield Finding(
            f"a reload of PHP-FPM {master.version} cuts running requests off: process_control_timeout is 0",
            (Ref("app", app.path), *(Ref("pool", pool) for pool in pools)),
            (Evidence(master.config, "process_control_timeout = 0", f"long enough to finish, such as {_WANTED}"),),
            f"Set process_control_timeout = {_WANTED} in the [global] section of {master.config}, then reload PHP-FPM.",
        )


def _cutting(app: App, fpm: Fpm) -> list[Master]:
    masters = {master.version: master for master, _ in fpm.serving(app.pools) if master.pid}
    return [master for master in masters.values() if master.control_timeout <= 0]


@rule.fix(Safety.DROPS)
def let_requests_finish(finding: Finding, app: App, fpm: Fpm, opcache: Opcache) -> Iterator[Step]:
    sources = {source.path: source for source in opcache.sources}
    pools = set(finding.ids("pool"))
    for master in _cutting(app, fpm):
        source = sources.get(master.config)
        if source is None or not master.test or not pools & {pool.id for pool in master.pools}:
            continue
        content = with_global(source.text, "process_control_timeout", _WANTED)
        if content is None or content == source.text:
            continue
        yield Step(
            WriteFile.edit(source.real, source.text, content, master.test),
            f"running requests get {_WANTED} to finish at every later reload",
            f"the old {source.real} comes back, and PHP-FPM is reloaded",
        )
        yield from graceful_reloads(fpm, sorted(pools), "the new process_control_timeout must be read")
