"""
The socket that a pool should listen on is missing, or nothing listens behind it.

## Why
A pool's socket is a file that PHP-FPM makes when it starts to listen. When somebody removes the file, or another one is
put in its place, PHP-FPM goes on listening on a socket that has no name any more, and nginx answers 502. The same is
seen when `listen` was changed and PHP-FPM has not been reloaded since.

## Verify by hand
```
ls -la {socket}
ss -xlp | grep php-fpm
grep -rn '^listen' /etc/php/*/fpm/pool.d
```

## Fix safety
Where `listen` was changed a graceful reload makes the new socket: safe. Where the file of a live socket is gone a
reload does not help, for PHP-FPM hands the nameless socket on to itself: only a restart brings the file back. A
restart drops the requests that still run, and those of the master's other pools.
"""

from collections.abc import Iterator

from liveproof.analysis.web.serving import running, unit_of
from liveproof.fixes.reload import graceful_reload
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Socket, Unit
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.service_action import ServiceAction

rule = Rule(
    "FPM002",
    Severity.CRITICAL,
    condition="somebody listens on the socket of each of the app's pools",
    caused_by=("FPM001",),
    leads_to=("WIR001:unanswered",),
    answers=("socket there",),
)

_RELOAD_UNDO = "nothing to undo: the socket is where the configuration has it"


@rule.check
def check(app: App, fpm: Fpm) -> Iterator[Answer]:
    for one in running(app, fpm):
        if isinstance(one, Unknown):
            yield one
            continue
        master, pool = one
        socket = pool.socket
        if isinstance(socket, Unknown):
            yield socket
        elif not socket.listening:
            yield _finding(app, master, pool, socket)
        else:
            yield Holds(f"{pool.address} of pool {pool.id}")


def _finding(app: App, master: Master, pool: Pool, socket: Socket) -> Finding:
    path = pool.address.removeprefix("unix:")
    refs = (Ref("app", app.path), Ref("pool", pool.id), Ref("file", path), *unit_of(master))
    evidence = [
        Evidence(f"listen of [{pool.name}] in {pool.file}", pool.listen, "a socket where the pool listens"),
        Evidence(
            f"stat {path}" if socket.path else "/proc/net/tcp", _saw(socket), "a socket with a listener behind it"
        ),
        Evidence(f"/proc/{master.pid}", f"php-fpm: master process ({master.config})"),
    ]
    if socket.orphaned:
        evidence.append(
            Evidence(f"/proc/{master.pid}/fd", f"it listens on a socket named {path} that is not this file")
        )
    return Finding(
        f"Pool {pool.id} runs, but {path} {_what(socket)}.", refs, tuple(evidence), _advice(master, pool, socket)
    )


def _saw(socket: Socket) -> str:
    if not socket.exists:
        return "nothing there" if socket.path else "nothing listens on this port"
    return "something is there, and nothing listens behind it"


def _what(socket: Socket) -> str:
    if socket.hidden:
        return "can be seen by PHP-FPM only"
    if not socket.exists:
        return "does not exist" if socket.path else "has no listener"
    return "is not a socket that it listens on"


def _advice(master: Master, pool: Pool, socket: Socket) -> str:
    unit = master.unit.name if isinstance(master.unit, Unit) else "PHP-FPM"
    if socket.hidden:
        return (
            f"{unit} has a file system view of its own (PrivateTmp): let [{pool.name}] listen below /run instead, "
            "and nginx pass to it there."
        )
    if socket.orphaned:
        return f"systemctl restart {unit}: a reload hands the nameless socket on. Then find out who removed the file."
    return f"{' '.join(master.test) or 'php-fpm -t'} && systemctl reload {unit}: then it listens as configured."


@rule.fix(Safety.SAFE)
def make_it_listen(finding: Finding, fpm: Fpm) -> Iterator[Step]:
    for master in fpm.masters:
        for pool in master.pools:
            socket = pool.socket
            if Ref("pool", pool.id) not in finding.about or isinstance(socket, Unknown) or socket.hidden:
                continue
            yield from _steps(master, socket)


def _steps(master: Master, socket: Socket) -> Iterator[Step]:
    unit = master.unit.name if isinstance(master.unit, Unit) else ""
    if socket.orphaned:
        if unit:
            why = "the socket's file is gone, and only a new start makes it again"
            yield Step(ServiceAction("restart", unit, master.test), why, "", Safety.DROPS)
        return
    why = "it does not listen where its configuration says, as it does once that is loaded"
    if unit or master.test:
        yield graceful_reload(master, why, _RELOAD_UNDO)
