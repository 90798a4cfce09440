"""
nginx does not run.

## Why
nginx serves this app by its configuration, but no master process is there: nothing answers visitors at all. It was
stopped, it failed, or it could not start because its configuration is refused or its port is taken.

## Verify by hand
```
systemctl status nginx --no-pager
ss -tlnp | grep -E ':(80|443) '
journalctl -u nginx -n 20 --no-pager
```

## Fix safety
Safe: nginx tests its configuration and is started only when it takes it. A unit that is disabled or masked is left
alone, for then another web server may be meant to answer.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.service_action import ServiceAction

rule = Rule(
    "NGX009",
    Severity.CRITICAL,
    condition="nginx runs",
    caused_by=("NGX001",),
    leads_to=("WIR001:unanswered",),
    answers=("nginx runs",),
)


@rule.check
def check(app: App, nginx: Nginx) -> Iterator[Answer]:
    if nginx.process:
        yield Holds(f"nginx, process {nginx.process.pid}")
        return
    if not app.servers:
        return
    active, _, enabled = nginx.unit_state.partition("/")
    if not enabled.startswith("enabled") and active != "failed":
        yield Unknown(
            f"nginx, whose configuration serves {app.path}, does not run, and nothing says that it should "
            f"({nginx.unit or 'it has no systemd unit'}{f' is {enabled}' if enabled else ''})"
        )
        return
    files = dict.fromkeys(Ref("file", server.file) for server in nginx.servers if server.id in app.servers)
    yield Finding(
        f"nginx does not run{' (it failed)' if active == 'failed' else ''}: nothing answers for {app.path}.",
        (Ref("app", app.path), Ref("unit", nginx.unit), *files),
        (
            Evidence(
                f"systemctl show {nginx.unit}", f"ActiveState={active} UnitFileState={enabled}", "ActiveState=active"
            ),
            Evidence("/proc", "no master process of nginx", "nginx: master process"),
        ),
        f"nginx -t && systemctl start {nginx.unit}; why it ended: journalctl -u {nginx.unit} -n 20",
    )


@rule.fix(Safety.SAFE)
def start(finding: Finding, nginx: Nginx) -> Iterator[Step]:
    if Ref("unit", nginx.unit) in finding.about and nginx.unit_state.endswith("/enabled"):
        yield Step(ServiceAction("start", nginx.unit, nginx.test), "nginx must run to answer", "stop the unit again")
