"""
PHP-FPM or nginx runs with other settings than its systemd unit has on disk.

## Why
systemd reads unit files and drop-ins when it starts and at `systemctl daemon-reload`, and gives their settings (user,
umask, environment, limits, mounts, PrivateTmp) to a process only when it starts it. An edit without either has no
effect yet; a reload of the service changes nothing of it. It takes effect at the next restart or boot, when nobody
thinks of it. systemd does not always say that a unit needs a reload: of a drop-in in a new directory it knows nothing.

A file that was changed last before the start is in force as it is. Of those, liveproof keeps the digest of the
content, so that a mere `touch` or a rewrite with the same content is not a finding. Where no earlier run knows what
was in force, the answer is "unknown".

## Verify by hand
```
systemctl show -p NeedDaemonReload,FragmentPath,DropInPaths,EnvironmentFiles,ExecMainStartTimestamp {unit}
systemctl cat {unit}
```

## Fix safety
Manual: only a restart gives a process its unit's settings, and a restart drops requests. Look at the settings first.
"""

from collections.abc import Iterator

from liveproof.analysis.memory.loaded_configuration import SHOWN, about, evidence, summary, unsure
from liveproof.analysis.times import moment
from liveproof.analysis.web.serving import running_masters
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Unit
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.loaded import Loaded
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, Severity

rule = Rule(
    "SYS004",
    Severity.MEDIUM,
    condition="PHP-FPM and nginx were started with their units' settings as they are on disk",
    link=Link.SERVICES,
    answers=("PHP-FPM runs", "nginx runs"),
)


@rule.check
def check(app: App, fpm: Fpm, nginx: Nginx | Unknown | Absent) -> Iterator[Answer]:
    for master in running_masters(app, fpm):
        if isinstance(master, Unknown):
            yield master
        elif isinstance(master.unit, Unit):
            yield from _judged(app, master.unit.name, master.unit.settings, unread=master.unit.need_daemon_reload)
        else:
            yield Holds(f"no systemd unit runs the PHP-FPM process {master.pid}")
    if isinstance(nginx, Nginx) and nginx.process:
        if nginx.unit_files is not None:
            yield from _judged(app, nginx.unit, nginx.unit_files, unread=nginx.unit_changed)
        else:
            yield Holds(f"no systemd unit runs the nginx process {nginx.process.pid}")


def _judged(app: App, unit: str, loaded: Loaded | None, *, unread: bool) -> Iterator[Answer]:
    if unread or (loaded and loaded.differing):
        what = f": {summary(loaded)}" if loaded and loaded.differing else ""
        said = (Evidence(f"systemctl show {unit}", "NeedDaemonReload=yes", "NeedDaemonReload=no"),) if unread else ()
        seen = tuple(evidence(loaded)) if loaded else ()
        yield Finding(
            f"{unit} runs with other settings than its unit has on disk{what}.",
            (Ref("app", app.path), Ref("unit", unit), *(about(loaded) if loaded else ())),
            (*said, *seen),
            f"Look at it (systemctl cat {unit}), then systemctl daemon-reload && systemctl restart {unit} at a quiet "
            "moment: a reload of the service does not apply it.",
            more=len(loaded.differing[SHOWN:]) if loaded else 0,
        )
    elif loaded is None:
        yield Unknown(f"{unit} does not run PHP-FPM as its main process, so what it was started with is not known")
    elif loaded.unsure:
        yield Unknown(unsure(loaded, unit).replace("; a reload settles it", "; only a restart settles it"))
    else:
        yield Holds(f"the unit files of {unit}, in force since {moment(loaded.since)}")
