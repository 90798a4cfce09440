"""
nginx's user may not connect to the pool's socket.

## Why
Whoever connects to a unix socket needs write permission on its file and search permission on every directory above it.
PHP-FPM makes the file with `listen.owner`, `listen.group` and `listen.mode`; without them it belongs to root. When
nginx's user is neither, nginx logs `connect() … failed (13: Permission denied)` and visitors get 502.

## Verify by hand
```
stat -c '%A %U %G' {socket}
ps -o user= -C nginx | sort | uniq -c
sudo -u www-data python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' {socket}
```

## Fix safety
Safe: the socket gets nginx's user as its owner and group and mode 0660 in place, which takes effect at once and ends no
request. So that it stays after the next restart (a reload keeps the socket as it is) the same is written to the pool's
file, tested by PHP-FPM itself, and PHP-FPM is reloaded gracefully, so that it runs with the file that lies on disk: an
edit of a service's configuration, shown as a diff and asked for. Owner, mode and file are restored exactly. Where
the socket's own bits are not what keeps nginx out (a directory above it, an access list, SELinux or AppArmor), nothing
is changed.
"""

from collections.abc import Iterator
from dataclasses import replace

from liveproof.analysis.web.serving import running
from liveproof.fixes.php_fpm_edit import with_settings
from liveproof.fixes.reload import graceful_reload
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Socket
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety, Severity
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.write_file import WriteFile

rule = Rule(
    "FPM003",
    Severity.CRITICAL,
    condition="nginx's user can connect to the socket of each of the app's pools",
    leads_to=("WIR001:unanswered",),
    answers=("socket accessible",),
)

_MODE = 0o660
_UNDO = "the old file comes back, and PHP-FPM is reloaded"


@rule.check
def check(app: App, nginx: Nginx, fpm: Fpm) -> Iterator[Answer]:
    for one in running(app, fpm):
        if isinstance(one, Unknown):
            yield one
            continue
        pool = one[1]
        socket = pool.socket
        if isinstance(socket, Unknown):
            yield socket
        elif not socket.listening:
            yield Unknown(f"nothing listens on {pool.address}")
        elif isinstance(socket.web_server_connects, Unknown):
            yield socket.web_server_connects
        elif not socket.web_server_connects:
            yield _finding(app, nginx, pool, socket)
        else:
            yield Holds(f"{nginx.worker_user} connects to {pool.address}")


def _finding(app: App, nginx: Nginx, pool: Pool, socket: Socket) -> Finding:
    path = pool.address.removeprefix("unix:")
    who = f"{nginx.worker_user} (groups {', '.join(map(str, nginx.groups)) or 'none'})"
    evidence = [Evidence(f"connect {path} as {nginx.worker_user}", socket.refusal, "a connection")]
    if socket.path:
        owner = (
            f"owner {_name(socket.uid, nginx, pool)}, group {_group(socket.gid, nginx, pool)}, mode {socket.mode:04o}"
        )
        evidence.append(Evidence(f"stat {path}", owner, f"write permission for {who}"))
    return Finding(
        f"nginx's user {nginx.worker_user} gets no connection to {path} of pool {pool.id}: {socket.refusal}.",
        (Ref("app", app.path), Ref("pool", pool.id), Ref("file", path)),
        tuple(evidence),
        _advice(nginx, pool, socket),
    )


def _name(uid: int, nginx: Nginx, pool: Pool) -> str:
    return {pool.uid: pool.user, nginx.uid: nginx.worker_user, 0: "root"}.get(uid, str(uid))


def _group(gid: int, nginx: Nginx, pool: Pool) -> str:
    return {pool.gid: pool.group, nginx.gid: nginx.worker_group, 0: "root"}.get(gid, str(gid))


def _allows(socket: Socket, nginx: Nginx) -> bool:
    """Whether the socket's own bits let nginx's user in: then something else keeps it out."""
    if socket.uid == nginx.uid:
        return bool(socket.mode & 0o200)
    if socket.gid in (nginx.gid, *nginx.groups):
        return bool(socket.mode & 0o020)
    return bool(socket.mode & 0o002)


def _advice(nginx: Nginx, pool: Pool, socket: Socket) -> str:
    if not socket.path:
        return f"Nothing may come between nginx and {pool.address}: look at listen.allowed_clients and the firewall."
    if pool.acl:
        return (
            f"[{pool.name}] in {pool.file} sets listen.acl_users or listen.acl_groups: name {nginx.worker_user} there."
        )
    if _allows(socket, nginx):
        return (
            f"The socket's own bits let {nginx.worker_user} in, so a directory above it or a security module keeps it "
            f"out: namei -l {socket.path}; journalctl -k | grep -i denied"
        )
    return (
        f"In [{pool.name}] of {pool.file}: listen.owner = {nginx.worker_user}, listen.group = {nginx.worker_group}, "
        f"listen.mode = 0660; and until PHP-FPM is restarted: "
        f"chown {nginx.worker_user}:{nginx.worker_group} {socket.path}"
    )


@rule.fix(Safety.SAFE)
def let_the_web_server_in(finding: Finding, nginx: Nginx, fpm: Fpm) -> Iterator[Step]:
    for master in fpm.masters:
        for pool in master.pools:
            socket = pool.socket
            if Ref("pool", pool.id) not in finding.about or not isinstance(socket, Socket):
                continue
            if socket.path and not pool.acl and not _allows(socket, nginx) and nginx.worker_group and master.test:
                yield from _steps(master, pool, socket, nginx)


def _steps(master: Master, pool: Pool, socket: Socket, nginx: Nginx) -> Iterator[Step]:
    owner, group = nginx.worker_user, nginx.worker_group
    wanted = {"listen.owner": owner, "listen.group": group, "listen.mode": f"{_MODE:04o}"}
    content = with_settings(pool.source, pool.name, wanted)
    if content is None:
        return
    directory, _, name = socket.path.rpartition("/")
    if (socket.uid, socket.gid) != (nginx.uid, nginx.gid):
        yield Step(
            ChangeOwner(directory, (Owned(name, socket.uid, socket.gid),), nginx.uid, nginx.gid, f"{owner}:{group}"),
            f"so that {owner} may connect to the socket that is there now",
            "owner and group are restored",
        )
    if socket.mode != _MODE:
        yield Step(
            ChangeMode(directory, (Moded(name, socket.mode, _MODE),)),
            f"so that {owner} may connect to the socket that is there now",
            "the mode is restored",
        )
    if content != pool.source:
        yield Step(
            WriteFile.edit(pool.file, pool.source, content, master.test),
            "so that PHP-FPM makes the socket like that when it starts again",
            "the file is restored",
            further=True,
        )
        if master.pid:  # the socket is handed on as it is; but what runs must be what lies on disk
            yield replace(graceful_reload(master, "the pool's file must be read", _UNDO), further=True)
