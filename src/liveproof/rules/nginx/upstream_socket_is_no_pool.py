"""
nginx passes PHP requests to a socket where no pool listens.

## Why
`fastcgi_pass` must name what a pool's `listen` names. After an upgrade of PHP nginx may still name the socket of the
old version; a typing error does the same. Nothing accepts the connection, and visitors get 502 Bad Gateway.

Only unix sockets and ports of this very machine are judged: behind any other address a remote pool may listen. A socket
where something else than PHP-FPM listens (a container, another FastCGI server) is not a fault.

nginx passes a request on to the next server of an upstream where one takes no connection (unless
`fastcgi_next_upstream` forbids it), and to a `backup` server where no other one takes it. So a dead server beside a
living one is reported without breaking the proof, and so is one whose requests a backup takes that is a pool of the
app. Where only a backup of another kind is left (a page for maintenance, another machine), visitors do not reach this
app.

A pool whose `listen` was changed while nginx still passes to its old socket answers until the next reload of PHP-FPM:
that is reported without breaking the proof.

## Verify by hand
```
grep -rn fastcgi_pass /etc/nginx
grep -rn '^listen' /etc/php/*/fpm/pool.d
ss -xl | grep php
```

## Fix safety
Manual: whether nginx or the pool names the right socket, only a person knows.
"""

from collections.abc import Container, Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Pool, Socket
from liveproof.model.facts.nginx import FastcgiPass, Nginx, Server
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "NGX004",
    Severity.CRITICAL,
    condition="nginx passes the app's requests to addresses where somebody listens",
    leads_to=("WIR001",),
    answers=("socket passed to",),
)

_MOST = 10


@rule.check
def check(app: App, nginx: Nginx, fpm: Fpm) -> Iterator[Answer]:
    strangers = dict(fpm.strangers)
    dead: dict[str, list[tuple[Server, FastcgiPass]]] = {}
    for server in nginx.servers:
        for one in server.passes if server.id in app.servers else ():
            if not one.addresses:
                yield Unknown(f"{one.file}:{one.line} passes to {one.address}, whose variable nobody can resolve here")
            for address in one.addresses:
                socket = strangers.get(address)
                if isinstance(socket, Unknown):
                    yield socket
                elif socket and not socket.listening:
                    dead.setdefault(address, []).append((server, one))
                else:
                    yield Holds(f"{one.file}:{one.line} passes to {address}")
    for address, places in dead.items():
        socket = strangers[address]
        assert isinstance(socket, Socket)
        severity, instead = max(
            (_instead(app, fpm, address, one, dead) for _, one in places), key=lambda told: -told[0].rank
        )
        yield _finding(app, fpm, address, socket, places, severity=severity, instead=instead)
    for _, pool in fpm.serving(app.pools):
        if pool.pending:
            yield _until_reload(app, pool)


def _until_reload(app: App, pool: Pool) -> Finding:
    """Told, as the site still answers: a reload of PHP-FPM would take its socket away."""
    return Finding(
        f"nginx passes to {pool.address}, where pool {pool.id} listens only until PHP-FPM is reloaded: "
        f"its file names {pool.pending} by now.",
        (Ref("app", app.path), Ref("pool", pool.id), Ref("file", pool.file)),
        (Evidence(f"listen of [{pool.name}] in {pool.file}", pool.pending, pool.address),),
        f"Let fastcgi_pass name {pool.pending}, or listen {pool.address} again, before anything reloads PHP-FPM.",
        severity=Severity.NOTICE,
    )


def _instead(app: App, fpm: Fpm, address: str, one: FastcgiPass, dead: Container[str]) -> tuple[Severity, str]:
    """How bad it is that nobody listens at an address, and who takes its requests instead."""
    left = [other for other in one.addresses if other not in dead]
    if any(other not in one.backups for other in left):
        if address in one.backups:
            return Severity.NOTICE, "; it is a backup, which is not asked while another server answers"
        if one.retries:
            return Severity.NOTICE, "; another server of the upstream takes its requests"
    elif left and one.retries:
        pools = {name for other in left for name in dict(fpm.routes).get(other, ())}
        if pools & set(app.pools):
            return Severity.NOTICE, f"; only the backup {left[0]}, a pool of this app, takes its requests"
        return Severity.HIGH, f"; its requests go to the backup {left[0]}, which is not a pool of this app"
    return Severity.CRITICAL, ""


def _finding(
    app: App,
    fpm: Fpm,
    address: str,
    socket: Socket,
    places: list[tuple[Server, FastcgiPass]],
    *,
    severity: Severity,
    instead: str,
) -> Finding:
    listens = ", ".join(f"{pool.address} ({pool.id})" for master in fpm.masters for pool in master.pools)
    path = address.removeprefix("unix:")
    saw = "nothing there" if not socket.exists else "nothing listens there"
    evidence = [
        Evidence(f"{one.file}:{one.line}", f"fastcgi_pass {one.address}", "an address where a pool listens")
        for _, one in places[:_MOST]
    ]
    evidence.append(Evidence(f"stat {path}" if socket.path else "/proc/net/tcp", saw, "a socket with a listener"))
    evidence.append(Evidence("listen of every pool", listens or "there is no pool"))
    refs = [Ref("app", app.path), *dict.fromkeys(Ref("server", server.id) for server, _ in places)]
    refs += [Ref("file", path)] if socket.path else []
    file, line = places[0][1].file, places[0][1].line
    return Finding(
        f"nginx passes to {address}, where no pool listens ({file}:{line}){instead}.",
        tuple(refs),
        tuple(evidence),
        _advice(fpm, address, file, line),
        severity=severity,
        more=len(places[_MOST:]),
    )


def _advice(fpm: Fpm, address: str, file: str, line: int) -> str:
    running = [pool.address for master in fpm.masters if master.pid for pool in master.pools]
    if not running:
        return f"No pool runs on this host: start PHP-FPM with a pool that listens on {address}."
    return (
        f"Let fastcgi_pass in {file}, line {line} name the socket of the pool that should serve the app "
        f"({', '.join(dict.fromkeys(running))}), then nginx -t && systemctl reload nginx."
    )
