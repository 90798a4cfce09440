"""
The next deploy will take the live release for one that was never finished.

## Why
Deployer builds each release behind a link named `release`, and takes the link away when it switches. Where the switch
was cut off half way, or somebody made that link, it leads to the release that is live. Deployer before 7.0.2 then
begins its next deploy with `rm -rf` of what the link leads to, while visitors are served from there; later versions
remove the link alone. Where `current` itself leads through `release`, the next deploy makes a half-built release live.

Nothing is wrong yet, so this is a notice.

## Verify by hand
```
ls -l {app} "$(dirname {app})/release"
readlink -f {app} "$(dirname {app})/release"
```

## Fix safety
Manual: remove the link `release` while no deploy runs (and point `current` at the release itself before).
"""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.release_directories import ReleaseDirectories
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule("REL010", Severity.NOTICE, only_breaks=True, alerts="one")

_SWITCHING = 60.0  # s that a switch in two steps may take


@rule.check
def check(app: App, beside: ReleaseDirectories) -> Iterator[Finding]:
    pending = beside.pending
    if pending is None or pending.path == app.path or pending.target != app.real:
        return
    if beside.now - pending.changed < _SWITCHING:
        return  # a deploy without `mv -T` switches first, and then removes the link
    yield Finding(
        f"{pending.path} leads to the live release {app.real}: the next deploy will take it for an unfinished one",
        (Ref("app", app.path), Ref("file", pending.path)),
        (Evidence(f"readlink -f {pending.path}", f"{pending.target} since {moment(pending.changed)}", "no such link"),),
        f"while no deploy runs: rm {pending.path} (see before that {app.path} does not lead through it)",
    )
