"""
The deploy is newer than what PHP-FPM runs.

## Why
Code was deployed after PHP-FPM had started its cache, and this PHP never looks at its files again. The age of the
master process does not show that: a graceful reload keeps its pid and start time, and still builds a new cache. What
counts is when the cache was started. Where PHP does look at the files (`opcache.validate_timestamps=1`) a deploy
needs no reload, and nothing is reported.

## Verify by hand
```bash
find {app} -name '*.php' -newermt "$(systemctl show -p ActiveEnterTimestamp --value {unit})" | head
journalctl -u {unit} -n 20 --no-pager   # when it was reloaded last
```

## Fix safety
Safe: a graceful reload, after which the cache is younger than the deploy; where that would cut off requests, PHP-FPM
compiles only the deployed scripts again.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.stale_code import Behind, behind, not_behind
from liveproof.analysis.times import moment
from liveproof.fixes.compile_again import compile_again
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, Safety, Severity

rule = Rule(
    "REL007",
    Severity.HIGH,
    condition="code that was deployed after a pool started its cache is not hidden by it",
    caused_by=("OPC002",),
    link=Link.MEMORY,
    answers=("newest change", "OPcache of the disk", "new code in place"),
)

_CODE = ("code", "vendor", "public")


@rule.check
def check(app: App, files: Files, opcache: Opcache, nginx: Nginx | Unknown | Absent) -> Iterator[Answer]:
    yield from opcache.unseen
    for one in behind(app, opcache, nginx):
        evidence = tuple(_evidence(app, files, opcache, one))
        if evidence:
            pool = one.pool.pool
            began = Evidence(f"OPcache of pool {pool}", f"began {moment(one.pool.epoch)}", "after the deploy")
            yield Finding(
                f"code was deployed after pool {pool} started its cache, and no reload followed",
                (Ref("app", app.path), Ref("pool", pool)),
                (*evidence, began),
                "End every deploy with a graceful reload of PHP-FPM.",
            )
    yield from not_behind(app, opcache, nginx)


def _evidence(app: App, files: Files, opcache: Opcache, one: Behind) -> Iterator[Evidence]:
    """What was deployed since the cache began, and is something that the pool had compiled before."""
    if one.changed:
        for times in files.times:
            if times.section in _CODE and times.newest_mtime / 1e9 >= one.pool.since:
                when = moment(times.newest_mtime / 1e9)
                yield Evidence(
                    f"stat {app.below(times.newest_mtime_path)}", f"modified {when}", "before the cache was started"
                )
    if one.held and opcache.link_moved >= one.pool.since:
        yield Evidence(
            f"stat {app.path}", f"the link was changed {moment(opcache.link_moved)}", "before the cache was started"
        )


@rule.fix(Safety.SAFE)
def reload(finding: Finding, fpm: Fpm, opcache: Opcache) -> Iterator[Step]:
    yield from compile_again(fpm, opcache, finding.ids("pool"), "what runs must be younger than the deploy")
