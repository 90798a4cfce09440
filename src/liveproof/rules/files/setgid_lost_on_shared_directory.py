"""
A directory that the deploy user and the app share does not hand its group down.

## Why
Where storage and bootstrap/cache belong to the user who deploys, the app's user writes there by its group. A new file
or directory gets the group of the process that makes it, not that of the directory: what the deploy user makes has the
deploy user's group, and the app can not write it. With the setgid bit a new entry gets the directory's group and a new
directory the bit itself; a default ACL that names the app's user does it as well. The group must also be allowed to
write: the deploy user needs the umask 0002, or a default ACL.

The directory alone breaks nothing, so this is a notice.

## Verify by hand
```bash
find {app}/storage/ {app}/bootstrap/cache/ -type d -perm -g+w ! -perm -g+s | head
getfacl -p {app}/storage | grep default
```

## Fix safety
Safe: the bit is set on the directories that lack it, and nothing else is changed. It holds for what is made from then
on.
"""

from collections.abc import Iterator

from liveproof.analysis.files.sharing import SETGID, sharing
from liveproof.fixes import ownership as giving
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity

rule = Rule("FIL012", Severity.NOTICE, prevents="shared_directories")

_SHOWN = 10


@rule.check
def check(app: App, files: Files, access: Access) -> Iterator[Finding | Unknown]:
    unseen = files.unseen("storage", "cache")
    if unseen:
        yield unseen
    lost = sharing(app, files, access).lost
    if not lost:
        return
    shown = lost[:_SHOWN]
    refused = giving.refusal(app, files, _given(app, files, access))
    count = "1 shared directory does" if len(lost) == 1 else f"{len(lost)} shared directories do"
    yield Finding(
        f"{count} not hand the group down: what another user makes in {app.below(lost[0][0])} gets that user's own "
        f"group, by which {app.user} may not write",
        (Ref("app", app.path), *(Ref("file", app.below(path)) for path, _ in shown)),
        tuple(
            Evidence(
                f"stat {app.below(path)}",
                f"{files.owner(kind.uid, kind.gid)} {kind.mode:04o}",
                f"{kind.mode | SETGID:04o}, or a default ACL for {app.user}",
            )
            for path, kind in shown
        ),
        f"change it by hand: {refused}" if refused else "deploy with umask 0002, so that the group may write as well",
        more=len(lost) - len(shown),
    )


@rule.fix(Safety.SAFE)
def keep_the_group(finding: Finding, app: App, files: Files, access: Access) -> Iterator[Step]:  # noqa: ARG001
    entries = _given(app, files, access)
    if not giving.refusal(app, files, entries):
        yield from giving.steps(files, entries, "what is made in them must get their group, which the app writes by")


def _given(app: App, files: Files, access: Access) -> list[giving.Given]:
    lost = sharing(app, files, access).lost
    return [giving.Given(path, kind, kind.uid, kind.gid, kind.mode | SETGID) for path, kind in lost]
