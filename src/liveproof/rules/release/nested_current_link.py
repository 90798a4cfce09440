"""
A deploy put its link into the served release instead of in its place.

## Why
`ln -s releases/7 current` makes a new link `current/7` where `current` is a directory, or a link to one and `-n` was
left out. ln reports success, every later deploy does too, links pile up inside the release, and the site never changes.

A link inside the served release that leads to another release, and was made after the last switch, is such a
deploy. One that is older than the last switch, or leads to the served release itself, does no harm: a notice.

## Verify by hand
```
ls -ld {app}
find {app}/ -maxdepth 1 -type l -ls
```

## Fix safety
Manual: removing the link alone serves nothing else; the switch must be done as well, and it is the deploy's to do.
"""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.release_directories import LinkTo, ReleaseDirectories
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "REL004",
    Severity.HIGH,
    condition="no link to another release was put into the served one instead of in its place",
    leads_to=("REL003",),
    only_breaks=True,
)


@rule.check
def check(app: App, beside: ReleaseDirectories) -> Iterator[Answer]:
    lost = [link for link in beside.nested if _lost(app, beside, link)]
    others = [link for link in beside.nested if link not in lost]
    if lost:
        newest = max(lost, key=lambda link: link.changed)
        advice = (
            f"rm {' '.join(link.path for link in lost)}; then let {app.path} be a link: switch with "
            f"ln -s {newest.target} {app.path}.new && mv -T {app.path}.new {app.path}"
        )
        if beside.link is None:
            advice = f"move the directory {app.path} away first; {advice}"
        yield _finding(
            app, lost, f"a deploy put its link to {newest.target} into {app.path}/ instead of in its place", advice
        )
    if others:
        what = f"a link to a release was left within the served one: {others[0].path}"
        yield _finding(app, others, what, f"rm {' '.join(link.path for link in others)}", Severity.NOTICE)
    if not beside.nested:
        yield Holds(f"{app.real} holds no link to a release")


def _lost(app: App, beside: ReleaseDirectories, link: LinkTo) -> bool:
    """Whether the link should have become the app's own: it leads to a release, and came after the last switch."""
    if link.target == app.real or all(link.target != one.path for one in beside.releases):
        return False
    return beside.link is None or link.changed > beside.link.changed + 1


def _finding(app: App, links: list[LinkTo], message: str, advice: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(
        message,
        (Ref("app", app.path), *(Ref("file", link.path) for link in links)),
        tuple(
            Evidence(f"readlink -f {link.path}", f"{link.target}, made {moment(link.changed)}", "no link there")
            for link in links
        ),
        advice,
        severity=severity,
    )
