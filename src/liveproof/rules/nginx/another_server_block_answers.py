"""
Another server block answers for a name of the app.

## Why
nginx chooses the server block by the address that a request came to, then by its name. Where two blocks have the same
name on the same address it takes the first that it read and ignores the other, with no more than a warning: a copy of
the site's file, an old one that was left in `conf.d`, or an included snippet answers, and the deployed app is never
asked. A block without a name answers only where it is the default one.

A block that only redirects or refuses is not a finding.

## Verify by hand
```
nginx -t 2>&1 | grep 'conflicting server name'
nginx -T 2>/dev/null | grep -nE '^# configuration file|server_name|listen'
curl -si -H 'Host: {host}' http://127.0.0.1/ | head
```

## Fix safety
Manual: which of the two is meant only an administrator knows.
"""

from collections.abc import Iterator

from liveproof.analysis.web.server_names import answering
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Listen, Nginx, Server
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, Severity

rule = Rule(
    "NGX005",
    Severity.HIGH,
    condition="the app's own server blocks answer for the app's names",
    leads_to=("WIR001:answered", "WIR003"),
    link=Link.WIRE,
    answers=("requests",),
)

_SHOWN = 10
_Lost = tuple[Server, str, Listen, Server]


@rule.check
def check(app: App, nginx: Nginx) -> Iterator[Answer]:
    if nginx.unread:
        yield Unknown(f"which server block answers is not known, since of nginx's configuration {nginx.unread[0]}")
    lost: list[_Lost] = []
    for server in nginx.servers:
        for name, listen, winner in answering(nginx, server) if server.id in app.servers else ():
            if winner.id in app.servers or not (winner.root or winner.passes or winner.proxies):
                yield Holds(f"{winner.id} answers for {name or 'every other name'} on {_told(listen)}")
            else:
                lost.append((server, name, listen, winner))
    if lost:
        yield _finding(app, lost)


def _finding(app: App, lost: list[_Lost]) -> Finding:
    server, name, listen, winner = lost[0]
    what = f"For {name}" if name else "For names that no server block has"
    more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return Finding(
        f"{what} on {_told(listen)} nginx asks another server block than the app's: {winner.id}{more}.",
        (
            Ref("app", app.path),
            *dict.fromkeys(Ref("server", own.id) for own, *_ in lost),
            *dict.fromkeys(Ref("file", other.file) for *_, other in lost),
        ),
        tuple(_evidence(one) for one in lost[:_SHOWN]),
        f"Take the name out of {winner.file}, or the whole file out of nginx's configuration, if {server.id} is meant; "
        "then nginx -t && systemctl reload nginx."
        if name
        else f"Give {server.id} a server_name, or let its listen directive say default_server.",
        more=len(lost[_SHOWN:]),
    )


def _evidence(lost: _Lost) -> Evidence:
    server, name, listen, winner = lost
    why = f"server_name {name}" if name else "the default server"
    return Evidence(winner.id, f"{why} on {_told(listen)}, root {winner.root or 'none'}", f"only {server.id}")


def _told(listen: Listen) -> str:
    return listen.address if listen.address.startswith("unix:") else f"{listen.address}:{listen.port}"
