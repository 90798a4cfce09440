"""
A file system that the app writes to is full.

## Why
Without room, or without an inode, sessions are lost, views are not compiled, uploads fail, and often the failure is not
even logged, since the log lies on the same disk. Rights are all as they should be, so nothing else shows. A deploy that
keeps every release, a log without rotation and forgotten uploads fill disks; millions of session or cache files use up
the inodes while `df` shows room.

What ext4 keeps for root does not count: PHP's workers do not get it.

## Verify by hand
```
df -h {app}/storage; df -i {app}/storage
du -xsh {app}/storage/* | sort -h | tail
```

## Fix safety
Manual: what may be deleted only a person knows.
"""

from collections.abc import Iterator

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "FIL010",
    Severity.HIGH,
    condition="there is room on the file systems that the app writes to",
    leads_to=("LAR015", "WIR001:answered", "WIR003"),
    answers=("storage writable", "log writable"),
    monitor="writability",
)

_SHOWN = 5


@rule.check
def check(app: App, access: Access) -> Iterator[Answer]:
    if access.full:
        shown = access.full[:_SHOWN]
        more = f" and {len(access.full) - 1} more" if len(access.full) > 1 else ""
        yield Finding(
            f"There is no room, or no inode, for {app.user} to write {shown[0]}{more}.",
            (Ref("app", app.path), *(Ref("file", app.below(path)) for path in shown)),
            tuple(
                Evidence(
                    f"statvfs {app.below(path)}, {access.view}", "nothing left but for root", "64 kB and 16 inodes"
                )
                for path in shown
            ),
            f"See what fills it: df -h {app.below(shown[0])}; df -i {app.below(shown[0])}",
            more=len(access.full) - len(shown),
        )
    elif access.writable:
        yield Holds(f"{len(access.writable)} places that {app.user} writes to")
    elif not access.missing:
        yield Holds("the app has no place to write to that liveproof knows")
