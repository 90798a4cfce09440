"""
PHP-FPM sees another tree at the app's path than the one that is deployed there.

## Why
A process can have mounts of its own: `BindPaths`, `TemporaryFileSystem`, `PrivateTmp`, `ProtectHome` and
`InaccessiblePaths` of its systemd unit, or a mount that was made in its namespace, or in the host's after it got its
own. Then a deploy changes files that PHP never reads, and whoever looks at the host sees nothing wrong. What stands at
the app's paths is compared by device and inode, which a bind mount of the same directory keeps.

Where only what the app writes is another (a `storage` on a file system of the pool's own) that may be meant: then
nothing is found, and what was judged there by the host's files is unknown.

## Verify by hand
```bash
systemctl show -p BindPaths,TemporaryFileSystem,PrivateTmp,ProtectHome,InaccessiblePaths,RootDirectory {unit}
nsenter -t $(systemctl show -P MainPID {unit}) -m ls -lid {app} {app}/public/index.php
ls -lid {app} {app}/public/index.php
```

## Fix safety
Manual: take the mount away, or deploy to where it comes from; then restart PHP-FPM, which drops requests.
"""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.views import Shadow, View, Views
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "SYS006",
    Severity.HIGH,
    condition="the pools see the files that lie under the app's paths on this host",
    leads_to=("WIR001:answered", "WIR002"),
)

_SHOWN = 6


@rule.check
def check(app: App, views: Views) -> Iterator[Answer]:
    for pool, view in views.pools:
        if isinstance(view, Unknown):
            yield view
            continue
        paths = [f"{one.path}/" for one in view.shadows]
        outer = [
            one for one in view.shadows if not any(f"{one.path}/" != top and one.path.startswith(top) for top in paths)
        ]
        code, data = [one for one in outer if one.code], [one for one in outer if not one.code]
        if code:
            yield _finding(app, pool, view, code)
        if data:
            yield Unknown(
                f"pool {pool} sees another {data[0].path} than liveproof does (its mount point there is "
                f"{data[0].mount}): what it keeps there was judged by the host's files, until its unit shows it these"
            )
        if not view.shadows:
            same = f"its own mounts show the same {view.compared} paths" if view.own else "no mounts of its own"
            yield Holds(f"pool {pool}: {same}")


def _finding(app: App, pool: str, view: View, code: list[Shadow]) -> Finding:
    first = min(code, key=lambda one: len(one.path))
    return Finding(
        f"pool {pool} sees another {first.path} than the one that lies there on this host"
        if first.theirs
        else f"pool {pool} sees nothing at {first.path}, which lies there on this host",
        (Ref("app", app.path), Ref("pool", pool), Ref("file", first.path)),
        tuple(_evidence(view, one) for one in code[:_SHOWN]),
        f"Look for what mounts {first.mount} for PHP-FPM only: its unit (BindPaths, TemporaryFileSystem, PrivateTmp, "
        "ProtectHome), or a mount made since it started. Take it away, or deploy to its source, and restart PHP-FPM.",
        more=max(0, len(code) - _SHOWN),
    )


def _evidence(view: View, one: Shadow) -> Evidence:
    source = f"{one.path} as process {view.pid} sees it (mount point {one.mount})"
    return Evidence(source, one.theirs or "nothing there", one.ours or "nothing, as on the host")
