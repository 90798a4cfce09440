"""Which server block of nginx answers for a name (nginx.org: "How nginx processes a request", server_name). Pure."""

from collections.abc import Iterator

from liveproof.model.facts.nginx import Listen, Nginx, Server

# What a block without a listen directive listens on, where nginx is started by root.
_USUAL = Listen("*", 80, tls=False, default=False)
# Names that no request has: such a block answers as the default one.
_NOBODY = ("", "_")


def matches(name: str, host: str) -> bool:
    """Whether a host is one that a name, not a regular expression, stands for; both in lower case."""
    if name.startswith("*."):
        return host.endswith(name[1:]) and host != name[1:]
    if name.startswith("."):
        return host == name[1:] or host.endswith(name)
    if name.endswith(".*"):
        return host.startswith(name[:-1])
    return name == host


def is_default(server: Server, listen: Listen, nginx: Nginx) -> bool:
    """Whether the block answers for names that none has: the one that says so, else the first (nginx.org: listen)."""
    default = _default(listen, nginx)
    return default is None or default.id == server.id


def named(server: Server) -> tuple[str, ...]:
    """The names by which requests reach the block, in lower case; regular expressions as written."""
    return tuple(name if name.startswith("~") else name.lower() for name in server.names if name not in _NOBODY)


def answering(nginx: Nginx, server: Server) -> Iterator[tuple[str, Listen, Server]]:
    """For each name of a block and each address that it listens on, the block that answers there for that name.

    Of blocks with the same name on the same address nginx takes the first, and ignores the name of the others
    ("conflicting server name"). A block without a name of its own answers only as the default one: its name is empty.
    """
    for listen in server.listens or (_USUAL,):
        for name in named(server) or ("",):
            if name:
                there = (other for other in nginx.servers if name in named(other) and _listens(other, listen))
                winner = next(there, None)
            else:
                winner = _default(listen, nginx)
            yield name, listen, winner or server


def _default(listen: Listen, nginx: Nginx) -> Server | None:
    """The block that answers at an address for names that none has there."""
    sharing = [
        (server, other) for server in nginx.servers for other in server.listens or (_USUAL,) if _same(other, listen)
    ]
    said = [server for server, other in sharing if other.default] or [server for server, _ in sharing]
    return said[0] if said else None


def _listens(server: Server, listen: Listen) -> bool:
    return any(_same(other, listen) for other in server.listens or (_USUAL,))


def _same(one: Listen, other: Listen) -> bool:
    return (one.address, one.port) == (other.address, other.port)
