"""
A crontab, a timer, a unit or a program of supervisor's runs artisan in a release that is not the one served.

## Why
Whoever writes `cd /srv/app/releases/41 && php artisan schedule:run` into a crontab, instead of the path through the
link, goes on running that release after every deploy: old jobs are queued, old mails are sent, with the old `.env`.
Once the release is cleaned up, the command fails each time, and mostly nobody reads what cron mails.

Looked at are crontabs, enabled services with their timers, supervisor's programs, and the scripts that these call. A
line that names the very release that is served now is reported as a notice: the next deploy makes it an old one. A
directory beside the releases that nginx serves, or whose name is of another kind, is taken for another app. A copy of
the app in another place is not recognised.

## Verify by hand
```
grep -rn artisan /etc/crontab /etc/cron.d /var/spool/cron
systemctl list-timers --all
readlink -f {app}
```

## Fix safety
Manual: the line that should stand there instead is shown. Whether the old release is meant to run on is the
administrator's decision.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.schedule import ReleaseCall, Schedule
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "WRK008",
    Severity.MEDIUM,
    condition="crontabs, timers, units and supervisor's programs run artisan in the release that is served",
    answers=("new code in place",),
)

_MOST = 10


@rule.check
def check(app: App, schedule: Schedule) -> Iterator[Answer]:
    old = [call for call in schedule.in_releases if not call.served]
    pinned = [call for call in schedule.in_releases if call.served]
    if old:
        gone = "" if old[0].exists else ", which is not there"
        message = f"runs artisan in {old[0].release}{gone}, while {app.path} is {app.real} now"
        yield _finding(app, old, message, None, at_least=bool(schedule.unread))
    else:
        yield Holds("crontabs, timers, units and supervisor's programs name no other release of the app")
    if pinned:
        message = f"names the release {app.real}: it will run the old code after the next deploy"
        yield _finding(app, pinned, message, Severity.NOTICE, at_least=bool(schedule.unread))
    if schedule.unread:
        places = ", ".join(f"{place} ({reason})" for place, reason in schedule.unread[:5])
        yield Unknown(f"what runs artisan is not fully known, since these could not be read: {places}")


def _finding(app: App, calls: list[ReleaseCall], message: str, severity: Severity | None, *, at_least: bool) -> Finding:
    count = len(calls)
    others = f", and {'at least ' if at_least else ''}{count - 1} more" if count > 1 else ""
    return Finding(
        f"{calls[0].source} {message} ({calls[0].command}){others}.",
        (Ref("app", app.path), *dict.fromkeys(_file(call) for call in calls[:_MOST])),
        tuple(
            Evidence(
                f"{call.source}, called by {call.caller}" if call.caller else call.source, call.line, call.replacement
            )
            for call in calls[:_MOST]
        ),
        f"In {calls[0].source} put: {calls[0].replacement}",
        severity=severity,
        more=count - len(calls[:_MOST]),
        at_least=at_least,
    )


def _file(call: ReleaseCall) -> Ref:
    path, _, line = call.source.rpartition(":")
    return Ref("file", path if line.isdigit() else call.source)
