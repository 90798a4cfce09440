"""Where a request for the app goes: the server block, its name and address, and what nginx would tell the pool."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from liveproof.analysis.memory.pool_load import waits
from liveproof.analysis.web.server_names import is_default, matches
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import FastcgiPass, Listen, Nginx, Server
from liveproof.model.findings import Absent, Unknown

_OURSELVES = ("127.0.0.1", "localhost", "[::1]")


class Target(NamedTuple):
    """A server block of the app as a request sees it.

    Attributes:
        server: the server block.
        host: the Host header that reaches it, empty when none is known (regular expressions only).
        listen: the listen directive to connect to, None when there is none for TCP or a unix socket.
        through: the location that hands requests to the pool.
        pool: the pool's own address, or the location's when no pool of the app is known.
        root: the document root, links unresolved.
        real_root: the same, resolved.
        front: the script that answers what is no file: ``/index.php``.
        busy: why a request would only wait, by the pool's address; only those of saturated pools.
    """

    server: Server
    host: str
    listen: Listen | None
    through: FastcgiPass
    pool: str
    root: str
    real_root: str
    front: str
    busy: tuple[tuple[str, str], ...] = ()

    def waits(self, way: str) -> str:
        """Why a request over this way would only wait; empty where it may be answered.

        nginx passes a request on to any server of its upstream that is not busy.
        """
        busy = dict(self.busy)
        addresses = self.through.addresses if way == "nginx" else (self.pool,)
        return busy[addresses[0]] if addresses and all(address in busy for address in addresses) else ""

    @property
    def tls(self) -> bool:
        """Whether the connection to nginx is encrypted."""
        return self.listen is not None and self.listen.tls

    @property
    def address(self) -> str:
        """Where nginx is asked: over loopback when it listens on every address."""
        listen = self.listen
        if listen is None:
            return ""
        if listen.address.startswith("unix:"):
            return listen.address
        host = {"*": "127.0.0.1", "": "127.0.0.1", "0.0.0.0": "127.0.0.1", "localhost": "127.0.0.1"}.get(  # noqa: S104
            listen.address, listen.address
        )
        return f"{'[::1]' if host in ('[::]', '::') else host}:{listen.port}"

    def answers(self, host: str) -> bool:
        """Whether the server block has this name (nginx.org: server_name); regular expressions are not tried."""
        wanted = host.rpartition(":")[0].lower() if host.rpartition(":")[2].isdigit() else host.lower()
        return any(matches(name.lower(), wanted) for name in self.server.names)


def targets(
    reader: Reader, app: App, nginx: Nginx, fpm: Fpm | Unknown | Absent, *, ours: bool = True
) -> tuple[Target, ...]:
    """The server blocks that hand requests to FastCGI, the app's or all others: encrypted ones first."""
    found = [
        target
        for server in nginx.servers
        if (server.id in app.servers) is ours and (target := _target(reader, server, app, nginx, fpm)) is not None
    ]
    return tuple(sorted(found, key=lambda target: (not target.tls, not target.host)))


def _target(reader: Reader, server: Server, app: App, nginx: Nginx, fpm: Fpm | Unknown | Absent) -> Target | None:
    if not server.passes:
        return None
    pools = [pool.address for _, pool in fpm.serving(app.pools)] if isinstance(fpm, Fpm) else []
    through = next((each for each in server.passes if set(each.addresses) & set(pools)), server.passes[0])
    own = [address for address in pools if address in through.addresses]
    root = through.root or server.root or app.root
    listen = _listen(server.listens)
    return Target(
        server,
        _host(server, listen, nginx),
        listen,
        through,
        (own or pools or [through.address])[0],
        root,
        reader.resolve(root) if root else "",
        _front(reader, server, root),
        tuple(_busy(fpm)) if isinstance(fpm, Fpm) else (),
    )


def fronts(found: tuple[Target, ...], app: App, nginx: Nginx) -> tuple[Target, ...]:
    """The server blocks that hand all requests over HTTP to the app's on this host, and may answer from a cache."""
    before = []
    for server in nginx.servers:
        named = [one for one in server.proxies if one.location.rpartition(" ")[2] in ("", "/")]
        one = next((one for one in named if one.cache), None)
        if server.id in app.servers or one is None:
            continue
        listen = _listen(server.listens)
        host = _host(server, listen, nginx)
        behind = {_reached(address, host, nginx) for address in one.addresses}
        target = next((target for target in found if target.server.id in behind), None)
        if target is not None:
            through = replace(target.through, cache=one.cache)
            before.append(target._replace(server=server, host=host, listen=listen, through=through))
    return tuple(before)


def _reached(address: str, host: str, nginx: Nginx) -> str:
    """The server block of this nginx that answers at an address for a host; empty when none listens there."""
    there = [server for server in nginx.servers if any(_at(listen, address) for listen in server.listens)]
    named = [server for server in there if any(matches(name.lower(), host.lower()) for name in server.names)]
    default = [server for server in there if any(each.default and _at(each, address) for each in server.listens)]
    return next((server.id for server in (*named, *default, *there)), "")


def _at(listen: Listen, address: str) -> bool:
    """Whether a listen directive takes what is sent to an address of this machine."""
    if listen.address.startswith("unix:") or address.startswith("unix:"):
        return listen.address == address
    name, _, port = address.rpartition(":")
    here = name in _OURSELVES and listen.address in (*_OURSELVES, "*", "0.0.0.0", "[::]", "::")  # noqa: S104
    return str(listen.port) == port and (here or name == listen.address)


def _busy(fpm: Fpm) -> Iterator[tuple[str, str]]:
    """The addresses behind which every pool is saturated, with the reason."""
    pools = {pool.id: pool for master in fpm.masters for pool in master.pools}
    routes = {pool.address: (pool.id,) for pool in pools.values()} | dict(fpm.routes)
    for address, ids in routes.items():
        reasons = [waits(pools[name]) for name in ids if name in pools]
        if reasons and all(reasons):
            yield address, reasons[0]


def _listen(listens: tuple[Listen, ...]) -> Listen | None:
    """The directive to ask: encrypted before plain, IPv4 before IPv6; nginx without any listens on port 80."""
    usable = [listen for listen in listens if not listen.quic]
    if not usable:
        return None if listens else Listen("*", 80, tls=False, default=False)
    return min(usable, key=lambda listen: (not listen.tls, ":" in listen.address and not _unix(listen), _unix(listen)))


def _unix(listen: Listen) -> bool:
    return listen.address.startswith("unix:")


def _host(server: Server, listen: Listen | None, nginx: Nginx) -> str:
    """A Host header that nginx leads to this block: a plain name, one that a wildcard takes, or any for a default."""
    names = [name for name in server.names if name and not name.startswith("~")]
    plain = next((name for name in names if name != "_" and "*" not in name and not name.startswith(".")), "")
    if plain:
        return plain
    for name in names:
        if name.startswith("."):
            return name[1:]
        if "*" in name:
            return name.replace("*", "liveproof")
    if listen is None or is_default(server, listen, nginx):
        return "localhost"
    return names[0] if names else ""


def _front(reader: Reader, server: Server, root: str) -> str:
    """The first PHP file of the index directive that exists, as nginx asks it for a directory."""
    scripts = [name for name in server.index if name.endswith(".php")] or ["index.php"]
    for name in scripts:
        try:
            if root and reader.stat(f"{root}/{name.lstrip('/')}") is not None:
                return f"/{name.lstrip('/')}"
        except OSError:
            continue
    return f"/{scripts[0].lstrip('/')}"
