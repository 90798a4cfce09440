"""
The directory that deploys go to is served by no server block.

## Why
A deploy tool switches `current`, and nginx's `root` names something else: the path of one release, or the tree in which
the app lay before there were releases. Every deploy succeeds, and the site stays as it is.

liveproof looks for a link `current` beside the releases, or within the served tree, that leads to a release which no
`root` of nginx's leads to. A second server block that shows another release on purpose (a preview) is not a fault while
`current` is served too.

## Verify by hand
```
nginx -T 2>/dev/null | grep -nE '^# configuration file|root|SCRIPT_FILENAME'
find "$(dirname "$(dirname "$(readlink -f {app})")")" {app}/ -maxdepth 1 -name current -ls
```

## Fix safety
Manual: which of the two is meant only an administrator knows. Let `root` be `…/current/public`, with `$realpath_root`
in the FastCGI parameters, and reload nginx.
"""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.release_directories import ReleaseDirectories
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "REL006",
    Severity.HIGH,
    condition="where `current` names another release than the served one, a server block serves `current`",
    leads_to=("WIR001:answered",),
    only_breaks=True,
)


@rule.check
def check(app: App, beside: ReleaseDirectories) -> Iterator[Answer]:
    current = beside.current
    if current is None or not app.servers:
        yield Holds(f"no link `current` beside {beside.directory} leads elsewhere than {app.path}")
    elif beside.served:
        yield Holds(f"nginx serves {current.path} as well as {app.path}")
    elif beside.served is None:
        yield Unknown(
            f"{current.path} leads to {current.target}, and {app.real} is served; whether nginx serves the former as "
            "well is not known, since a root of its configuration is not known"
        )
    elif all(current.target != one.path for one in beside.releases):
        yield Holds(f"{current.path} leads to no release")
    else:
        yield Finding(
            f"deploys go to {current.path}, and nginx serves {app.real}",
            (Ref("app", app.path), Ref("file", current.path), *(Ref("server", server) for server in app.servers)),
            (
                Evidence(f"readlink -f {current.path}", f"{current.target} since {moment(current.changed)}", app.real),
                *(Evidence(server, f"root {app.root}", f"below {current.path}") for server in app.servers[:5]),
            ),
            f"let nginx's root lead through {current.path}, then nginx -t && systemctl reload nginx",
        )
