"""
nginx runs with another configuration than lies on disk.

## Why
nginx reads its files when it starts and when it is reloaded, never in between. Whoever edits a file, or adds or removes
one in an included directory, and does not reload has changed nothing yet, and will change everything at once at the
next restart, reload of a certificate renewal, or reboot. Until then the site answers by rules that nobody can read any
more.

A file that was changed last before the load is loaded as it is. Of those, liveproof keeps the digest of the content, so
that a mere `touch`, a changed owner or a rewrite with the same content is not a finding. Where no earlier run knows the
content that was loaded, the answer is "unknown". The load is the last reload that systemd reports, or the start of
workers that began together; a worker that died and was replaced has the configuration of before.

## Verify by hand
```
ps -o lstart,cmd -C nginx
find /etc/nginx -newerct "$(ps -o lstart= -C nginx | tail -n 1)"
```

## Fix safety
Safe: nginx tests its configuration and is reloaded only when it takes it; running requests are finished by the old
workers.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.loaded_configuration import SHOWN, about, evidence, summary, unsure
from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Answer, Finding, Holds, Ref, Settleable, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.service_action import ServiceAction

rule = Rule(
    "NGX002",
    Severity.HIGH,
    condition="nginx has loaded its configuration as it is on disk",
    caused_by=("NGX001",),
    answers=("nginx configuration",),
)

_UNDO = "nothing to undo: another reload loads the files as they are then"


@rule.check
def check(app: App, nginx: Nginx) -> Iterator[Answer]:
    loaded = nginx.loaded
    if loaded is None:
        return
    if isinstance(loaded, Unknown):
        yield loaded
        return
    if loaded.differing:
        yield Finding(
            f"nginx has not loaded its configuration as it is on disk: {summary(loaded)}.",
            (Ref("app", app.path), Ref("unit", nginx.unit), *about(loaded)),
            tuple(evidence(loaded)),
            f"{' '.join(nginx.test[:2]) or 'nginx -t'} && systemctl reload {nginx.unit or 'nginx'}",
            more=len(loaded.differing[SHOWN:]),
        )
    if loaded.unsure:
        reason, step = unsure(loaded, "nginx"), _reload(nginx, "then nginx has loaded every file as it is")
        yield Settleable(reason, step) if step and nginx.valid else Unknown(reason)
    elif not loaded.differing:
        yield Holds(f"{len(nginx.files)} files, loaded {moment(loaded.since)} or later ({loaded.by})")


@rule.fix(Safety.SAFE)
def reload(finding: Finding, nginx: Nginx) -> Iterator[Step]:
    step = _reload(nginx, "nginx must load its files as they are")
    if step and nginx.valid and Ref("unit", nginx.unit) in finding.about:
        yield step


def _reload(nginx: Nginx, why: str) -> Step | None:
    if not nginx.unit or not nginx.test or not nginx.unit_state.startswith("active"):
        return None
    return Step(ServiceAction("reload", nginx.unit, nginx.test), why, _UNDO)
