"""
Log rotation replaces the app's log by a file that the app may not write.

## Why
After each rotation logrotate puts a new, empty file in the place of the log. With `create 0640 root adm`, or `su` of
another user, that file is not the app's: from the night of the first rotation on every request that logs fails or stays
silent, although nobody deployed anything. Without an owner after `create` the new file gets the old one's, which is
right. liveproof works out whose the new file would be, and whether the app's user may write it by owner, group, mode or
an inherited ACL. An entry that logrotate refuses, or that uses `nocreate` or `copytruncate`, makes no such file.

## Verify by hand
```
grep -rn -A12 {app} /etc/logrotate.d | grep -E 'create|su '
logrotate --debug /etc/logrotate.conf 2>&1 | grep -A8 {app}
ls -l {app}/storage/logs
```

## Fix safety
Manual: the line that should stand there instead is shown; the file that is there now is FIL006's to fix.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.schedule import Rotation, Schedule
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "SYS003",
    Severity.HIGH,
    condition="the rotation of the app's logs leaves them to whom they belong",
    answers=("user of log rotation",),
    prevents="log_rotation",
)


@rule.check
def check(app: App, schedule: Schedule) -> Iterator[Answer]:
    if app.uid < 0:
        yield Unknown(f"which user {app.path} runs as is not known, so neither whether it may write its next log")
        return
    wrong = [rotation for rotation in schedule.rotations if not rotation.writable]
    unread = [f"{place} ({reason})" for place, reason in schedule.unread if "logrotate" in place]
    if unread:
        yield Unknown(f"who owns the app's logs after a rotation is not known: {', '.join(unread[:5])} cannot be read")
    if not wrong:
        yield Holds(f"{len(schedule.rotations)} rotations of the app's logs")
    else:
        first = wrong[0]
        more = f" (and {len(wrong) - 1} more logs)" if len(wrong) > 1 else ""
        yield Finding(
            f"The next rotation gives {first.log} to {first.user}:{first.group} with mode {first.mode:04o}, which "
            f"{app.user} may not write{more}.",
            (Ref("app", app.path), *dict.fromkeys(Ref("file", each.log) for each in wrong[:10])),
            tuple(_evidence(app, each) for each in wrong[:10]),
            f"In {first.source} put: {first.replacement}",
            more=len(wrong[10:]),
        )


def _evidence(app: App, rotation: Rotation) -> Evidence:
    made = f"{rotation.line} (makes {rotation.log} {rotation.user}:{rotation.group} {rotation.mode:04o})"
    return Evidence(rotation.source, made, f"{rotation.replacement}, or no owner at all, so that {app.user} keeps it")
