"""
PHP-FPM does not run.

## Why
nginx hands every PHP request to a pool of PHP-FPM. When its master process does not run, nothing accepts them, and
visitors get 502 Bad Gateway. The unit shows whether it was stopped, failed (a configuration that PHP-FPM refuses makes
even a reload end in a stop), or was never enabled after a reboot. `php-fpm -t` shows whether it would start at all.

## Verify by hand
```
systemctl status {unit} --no-pager
ps -C php-fpm8.2,php-fpm8.4,php-fpm -o pid,cmd
journalctl -u {unit} -n 20 --no-pager
```

## Fix safety
Safe: PHP-FPM tests its own configuration, and is started only when it takes it. Nothing runs that could be disturbed.
While it refuses it, a person must correct the line that it names. A masked unit is left alone: somebody meant it not to
run.
"""

import re
from collections.abc import Iterator

from liveproof.analysis.web.serving import no_pool
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Unit
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.service_action import ServiceAction

rule = Rule(
    "FPM001",
    Severity.CRITICAL,
    condition="the PHP-FPM of each of the app's pools runs",
    leads_to=("WIR001:unanswered",),
    answers=("PHP-FPM runs",),
)

_PLACE = re.compile(r"\[(/[^\]]+):(\d+)\]")
_UNDO = "stop the unit again"
_RUNNING = ("active", "reloading", "deactivating")


@rule.check
def check(app: App, fpm: Fpm | Absent) -> Iterator[Answer]:
    if isinstance(fpm, Absent) or not fpm.serving(app.pools):
        yield no_pool(app, fpm.reason) if isinstance(fpm, Absent) else no_pool(app)
        return
    by_config: dict[str, tuple[Master, list[Pool]]] = {}
    for master, pool in fpm.serving(app.pools):
        by_config.setdefault(master.config, (master, []))[1].append(pool)
    for master, pools in by_config.values():
        if master.pid:
            yield Holds(f"PHP-FPM {master.version}, process {master.pid}")
            continue
        if isinstance(master.unit, Unit) and master.unit.active == "activating" and not _loops(master.unit):
            yield Unknown(f"{master.unit.name} is just being started; look again")
        elif isinstance(master.unit, Unit) and master.unit.active in _RUNNING and master.unit.main_pid:
            yield Unknown(
                f"systemd says that {master.unit.name} runs as process {master.unit.main_pid}, but that is not a "
                "PHP-FPM master: it is being started, reloaded or stopped; look again"
            )
        else:
            yield _finding(app, master, pools)


def _finding(app: App, master: Master, pools: list[Pool]) -> Finding:
    names = ", ".join(pool.name for pool in pools)
    evidence = [
        Evidence("/proc", f"no master process uses {master.config}", f"php-fpm: master process ({master.config})")
    ]
    refs = [Ref("app", app.path), *(Ref("pool", pool.id) for pool in pools)]
    unit = master.unit
    if isinstance(unit, Unit):
        saw = f"ActiveState={unit.active} SubState={unit.sub} Result={unit.result} UnitFileState={unit.enabled}"
        evidence.insert(0, Evidence(f"systemctl show {unit.name}", saw, "ActiveState=active"))
        refs.append(Ref("unit", unit.name))
    if isinstance(master.refused, Unknown) or not master.refused:
        evidence += [Evidence(master.error_log, line) for line in master.last_errors]
    else:
        evidence += [Evidence(" ".join(master.test), line, "test is successful") for line in master.refused]
    what = unit.name if isinstance(unit, Unit) else f"PHP-FPM {master.version}"
    return Finding(
        f"{what} does not run{_how(unit)}{_why_not(master)}: nothing answers for its pool {names}.",
        tuple(refs),
        tuple(evidence),
        _advice(master),
    )


def _loops(unit: Unit) -> bool:
    """Whether systemd starts it again by itself: in such an attempt it looks like any unit that is being started."""
    return unit.sub.startswith("auto-restart") or unit.restarts > 0


def _how(unit: Unit | Unknown) -> str:
    if isinstance(unit, Unknown):
        return ""
    if unit.load == "masked" or unit.enabled == "masked":
        return " (its unit is masked)"
    if unit.active == "failed":
        return f" (it failed: {unit.result})"
    if unit.active == "activating":
        why = "" if unit.result == "success" else f": {unit.result}"
        return f" (it ended, and systemd keeps starting it again{why})"
    return " (it is stopped, and not enabled to start at boot)" if unit.enabled == "disabled" else " (it is stopped)"


def _why_not(master: Master) -> str:
    refused = master.refused
    return ", and PHP-FPM refuses its configuration" if refused and not isinstance(refused, Unknown) else ""


def _advice(master: Master) -> str:
    unit = master.unit
    test = " ".join(master.test)
    if isinstance(unit, Unknown):
        return f"{unit.reason}. Test the configuration ({test or 'php-fpm -t'}), then start PHP-FPM as it was started."
    if unit.load == "masked" or unit.enabled == "masked":
        return f"If it should run: systemctl unmask {unit.name} && systemctl start {unit.name}"
    enable = f" To start it at boot too: systemctl enable {unit.name}." if unit.enabled == "disabled" else ""
    again = " After too many failures: systemctl reset-failed first." if unit.result == "start-limit-hit" else ""
    start = f"systemctl start {unit.name}"
    if isinstance(master.refused, Unknown):
        return f"{master.refused.reason}, so it is not started. Run that test by hand, then {start}.{enable}{again}"
    if master.refused:
        place = _PLACE.search(" ".join(master.refused))
        where = f"{place[1]}, line {place[2]}" if place else "what it names"
        return f"Test the configuration ({test}), correct {where}, then {start}.{enable}{again}"
    return f"{test} && {start}; why it ended: journalctl -u {unit.name} -n 20.{enable}{again}"


@rule.fix(Safety.SAFE)
def start(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    for master in fpm.masters:
        unit = master.unit
        if master.pid or isinstance(unit, Unknown) or Ref("unit", unit.name) not in finding.about:
            continue
        if unit.load == "loaded" and unit.enabled != "masked" and not master.refused:
            yield Step(ServiceAction("start", unit.name, master.test), "PHP-FPM must run to answer", _UNDO)
