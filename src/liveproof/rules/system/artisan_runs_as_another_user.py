"""
Artisan or Composer is run as root for an app of another user.

## Why
What root's artisan writes belongs to root: compiled caches in bootstrap/cache, files in storage, the day's log. The
pool's user can then neither replace nor append to them, and the next `config:clear` prints success and does nothing.
Whoever gives the files back to the right user fixes the symptom until the job runs again.

liveproof looks into crontabs, systemd services and timers, supervisor's programs, the scripts that these call, and
the processes that run now. A deploy script that only root can run, or that calls `sudo php artisan` itself, is
reported as a notice: nobody can see whether it is still used. A job of another user than root may be meant so (a
deploy user with a shared group or ACLs); what it breaks is reported by the rules on files. Composer writes the code,
so it should run as the code's owner: as root only where the code is root's.

## Verify by hand
```
grep -rl artisan /etc/crontab /etc/cron.d /var/spool/cron
systemctl list-units --type=service --all | grep -i -e queue -e horizon
pgrep -f artisan | xargs -r -n1 ps -o user:20,pid,etime,comm --no-headers -p
find {app}/bootstrap/cache {app}/storage -user root
```

## Fix safety
Manual: the line that should stand there instead is shown. Changing it is the administrator's decision, since the job
may do other things that need root.
"""

from collections.abc import Iterator
from dataclasses import replace

from liveproof.model.facts.apps import App
from liveproof.model.facts.schedule import Job, Schedule
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "SYS001",
    Severity.HIGH,
    condition="nothing on this host runs artisan or Composer for the app as root",
    leads_to=("LAR015",),
    answers=("user of artisan",),
    prevents="artisan_user",
)

_MOST = 10
_KINDS = {
    "cron": "a crontab",
    "systemd": "a systemd service",
    "supervisor": "supervisor",
    "process": "a running process",
    "script": "a deploy script",
}


@rule.check
def check(app: App, schedule: Schedule) -> Iterator[Answer]:
    if app.uid < 0:
        yield Unknown(f"which user {app.path} runs as is not known, so no user can be called the wrong one")
        return
    jobs = [job for job in schedule.jobs if job.uid == 0 and job.right_uid > 0]
    certain = [job for job in jobs if job.kind != "script"]
    if certain:
        kinds = ", ".join(dict.fromkeys(_KINDS.get(job.kind, job.kind) for job in certain))
        message = f"root runs artisan or Composer for {app.path} ({kinds})"
        yield _finding(app, certain, message, at_least=bool(schedule.unread))
    elif jobs:
        message = f"A deploy script would run artisan or Composer as root for {app.path}, if it is used"
        yield replace(_finding(app, jobs, message, at_least=bool(schedule.unread)), severity=Severity.NOTICE)
    else:
        yield Holds("crontabs, timers, units, supervisor's programs and running processes")
    if schedule.unread:
        places = ", ".join(f"{place} ({reason})" for place, reason in schedule.unread[:5])
        yield Unknown(f"which user runs what is not fully known, since these could not be read: {places}")


def _finding(app: App, jobs: list[Job], message: str, *, at_least: bool) -> Finding:
    shown, count = jobs[:_MOST], len(jobs)
    more = f" and {'at least ' if at_least else ''}{count - 1} more" if count > 1 else ""
    result = [job for job in shown if job.kind != "process"] or shown
    return Finding(
        f"{message}: {jobs[0].command} ({jobs[0].source}){more}.",
        (Ref("app", app.path), *dict.fromkeys(_file(job) for job in shown if job.kind != "process")),
        tuple(
            Evidence(
                f"{job.source}, called by {job.caller}" if job.caller else job.source,
                f"as {job.user}: {job.line}",
                f"as {job.right}: {job.replacement}",
            )
            for job in shown
        ),
        " | ".join(f"{job.place}: {job.replacement}" for job in result[:3])
        + (" | the others as the evidence shows" if len(result) > 3 else ""),
        more=count - len(shown),
        at_least=at_least,
    )


def _file(job: Job) -> Ref:
    path, _, line = job.source.rpartition(":")
    return Ref("file", path if line.isdigit() else job.source)
