"""What an nginx configuration says of PHP: server blocks, document roots, and where requests are passed to.

Pure: from the tree of ``directives.py`` to the values of ``nginx.py``. How directives are inherited is
told with each of them at nginx.org/en/docs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from liveproof.host.numbers import whole
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.nginx import AnswerCache, FastcgiPass, Listen, ProxyPass, Server
from liveproof.probes.nginx.directives import Node, Tree

_NO_CACHE = AnswerCache("off", "")
_NO_PROXY_CACHE = AnswerCache("off", "$scheme$proxy_host$uri$is_args$args", directive="proxy_cache")
_NO_LOG = ("stderr", "off", "/dev/null")
_INSIDE = ("location", "if", "limit_except", "server")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The parts of a configuration that liveproof asks for.

    ``user`` and ``group`` are the user directive's, empty when it is not there; ``error_log`` is the main level's.
    """

    user: str
    group: str
    error_log: str
    servers: tuple[Server, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is in force at one level and inherited by the next. ``params`` are all FastCGI parameters of one level."""

    root: str
    index: tuple[str, ...]
    access_log: str
    error_log: str
    params: tuple[tuple[str, str, bool], ...]
    keeps: bool
    variables: Mapping[str, str]
    cache: AnswerCache = _NO_CACHE
    retries: bool = True
    proxy_cache: AnswerCache = _NO_PROXY_CACHE


@dataclass(frozen=True, slots=True)
class _Upstream:
    """The addresses of an upstream block without those that are marked down; ``backups`` are part of them."""

    addresses: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()


def configuration(tree: Tree, prefix: str, logs: tuple[str, str] = ("", "")) -> Configuration:
    """Read a tree.

    Args:
        tree: the whole configuration.
        prefix: nginx's own prefix, where relative paths start.
        logs: the access and error log that it was built with.
    """
    user = tree.top.last("user")
    upstreams = dict(_upstreams(tree.top))
    start = _inherit(_Scope("html", ("index.html",), *logs, (), keeps=False, variables={}), tree.top)
    servers: list[Server] = []
    for http in tree.top.all("http"):
        scope = _inherit(start, http)
        blocks = (node for node in http.walk() if node.name == "server" and (node.block or not node.args))
        servers += [_server(node, scope, upstreams, prefix) for node in blocks]
    names = user.args if user else ()
    return Configuration(
        names[0] if names else "",
        names[1] if len(names) > 1 else "",
        _below(start.error_log, prefix),
        tuple(servers),
    )


def _upstreams(top: Node) -> Iterator[tuple[str, _Upstream]]:
    for node in top.walk():
        if node.name == "upstream" and node.args:
            servers = [one.args for one in node.all("server") if one.args and "down" not in one.args[1:]]
            backups = tuple(args[0] for args in servers if "backup" in args[1:])
            yield node.args[0], _Upstream((*(a[0] for a in servers if "backup" not in a[1:]), *backups), backups)


def _inherit(outer: _Scope, node: Node) -> _Scope:
    """The scope inside ``node``: what it does not say itself is that of the level around it."""
    params = tuple(
        (p.args[0], p.args[1], "if_not_empty" in p.args[2:]) for p in node.all("fastcgi_param") if len(p.args) > 1
    )
    root, index = node.last("alias") or node.last("root"), node.last("index")
    keeps = node.last("fastcgi_keep_conn")
    return _Scope(
        root.args[0] if root and root.args else outer.root,
        index.args if index else outer.index,
        _first(node, "access_log", outer.access_log),
        _first(node, "error_log", outer.error_log),
        params or outer.params,
        keeps.args[:1] == ("on",) if keeps else outer.keeps,
        outer.variables,
        _cache(outer.cache, node),
        _retries(outer, node),
        _cache(outer.proxy_cache, node),
    )


def _retries(outer: _Scope, node: Node) -> bool:
    """Whether a server that takes no connection costs no request."""
    cases, tries = node.last("fastcgi_next_upstream"), node.last("fastcgi_next_upstream_tries")
    asks = "error" in cases.args if cases else outer.retries
    return asks and (tries is None or tries.args[:1] != ("1",))


def _cache(outer: AnswerCache, node: Node) -> AnswerCache:
    """What of fastcgi_cache or proxy_cache is in force; each directive is inherited by itself."""
    name = outer.directive
    zone, key = node.last(name), node.last(f"{name}_key")
    methods, ignored = node.last(f"{name}_methods"), node.last(name.replace("_cache", "_ignore_headers"))
    return replace(
        outer,
        zone=zone.args[0] if zone and zone.args else outer.zone,
        key=key.args[0] if key and key.args else outer.key,
        methods=tuple(word for word in methods.args if word not in ("GET", "HEAD")) if methods else outer.methods,
        cookies=any(word.lower() == "set-cookie" for word in ignored.args) if ignored else outer.cookies,
    )


def _in_force(cache: AnswerCache, scope: _Scope) -> AnswerCache | None:
    return None if cache.zone == "off" else replace(cache, key=_resolved(cache.key, scope.variables))


def _first(node: Node, name: str, otherwise: str) -> str:
    """The first of several logs that is a file, else the first."""
    result = [one.args[0] for one in node.all(name) if one.args]
    files = (path for path in result if path not in _NO_LOG and not path.startswith(("syslog:", "memory:")))
    return next(files, result[0] if result else otherwise)


def _server(node: Node, http: _Scope, upstreams: Mapping[str, _Upstream], prefix: str) -> Server:
    scope = replace(_inherit(http, node), variables=dict(_variables(node)))
    listens = tuple(_listen(one.args) for one in node.all("listen") if one.args)
    return Server(
        node.file,
        node.line,
        tuple(name for one in node.all("server_name") for name in one.args),
        listens or (Listen("*", 80, tls=False, default=False),),
        _below(_resolved(scope.root, scope.variables), prefix),
        scope.index,
        tuple(
            _pass(one, inner, upstreams, prefix, where)
            for one, inner, where in _handed("fastcgi_pass", node, scope, "")
        ),
        _below(scope.access_log, prefix),
        _below(scope.error_log, prefix),
        tuple(_proxy(one, inner, upstreams, where) for one, inner, where in _handed("proxy_pass", node, scope, "")),
    )


def _handed(name: str, node: Node, scope: _Scope, location: str) -> Iterator[tuple[Node, _Scope, str]]:
    """Every directive of this name in a server block, with what is in force there and its location."""
    for one in node.all(name):
        if one.args:
            yield one, scope, location
    for inner in node.block:
        if inner.name in _INSIDE and inner.name != "server":
            where = " ".join(inner.args) if inner.name == "location" else location
            yield from _handed(name, inner, _inherit(scope, inner), where)


def _proxy(node: Node, scope: _Scope, upstreams: Mapping[str, _Upstream], location: str) -> ProxyPass:
    """A proxy_pass: ``http://NAME:PORT/URI`` or ``http://unix:PATH:/URI``; NAME may be an upstream's."""
    scheme, _, rest = _resolved(node.args[0], scope.variables).partition("://")
    message = f"unix:{rest[5:].partition(':')[0]}" if rest.startswith("unix:") else rest.partition("/")[0]
    found = () if "$" in message or not message else upstreams.get(message, _Upstream()).addresses or (message,)
    default = "443" if scheme == "https" else "80"
    ported = tuple(
        one if one.startswith("unix:") or one.rpartition(":")[2].isdigit() else f"{one}:{default}" for one in found
    )
    return ProxyPass(location, ported, node.file, node.line, _in_force(scope.proxy_cache, scope))


def _pass(node: Node, scope: _Scope, upstreams: Mapping[str, _Upstream], prefix: str, location: str) -> FastcgiPass:
    result = _resolved(node.args[0], scope.variables)
    upstream = upstreams.get(result, _Upstream())
    addresses = () if "$" in result else upstream.addresses or (result,)
    params = {name: value for name, value, _ in scope.params}
    return FastcgiPass(
        location,
        addresses[0] if addresses else result,
        addresses,
        params.get("SCRIPT_FILENAME", ""),
        params.get("DOCUMENT_ROOT", ""),
        node.file,
        node.line,
        _below(_resolved(scope.root, scope.variables), prefix),
        scope.keeps,
        tuple((name, _resolved(value, scope.variables), optional) for name, value, optional in scope.params),
        _in_force(scope.cache, scope),
        upstream.backups,
        scope.retries,
    )


def _variables(server: Node) -> Iterator[tuple[str, str]]:
    """Variables that the server sets exactly once: whoever reads one reads that value."""
    found: dict[str, list[str]] = {}
    for node in server.walk():
        if node.name == "set" and len(node.args) > 1:
            found.setdefault(node.args[0].lstrip("$").strip("{}"), []).append(node.args[1])
    return ((name, values[0]) for name, values in found.items() if len(set(values)) == 1)


def _resolved(text: str, variables: Mapping[str, str], depth: int = 5) -> str:
    """The text with the variables that are known put in; the longest names first, as ``$ab`` is not ``$a`` and b."""
    if "$" not in text or not depth:
        return text
    before = text
    for name in sorted(variables, key=len, reverse=True):
        text = text.replace(f"${{{name}}}", variables[name]).replace(f"${name}", variables[name])
    return text if text == before else _resolved(text, variables, depth - 1)


def _below(path: str, prefix: str) -> str:
    """An absolute path; words that are no path (off, stderr, syslog:…) and what starts with a variable stay."""
    if not path or path.startswith(("/", "$", "syslog:", "memory:")) or path in ("off", "stderr"):
        return path
    return f"{prefix.rstrip('/')}/{path}"


def _listen(args: tuple[str, ...]) -> Listen:
    where, flags = args[0], args[1:]
    host, colon, port = where.rpartition(":")
    if where.startswith("unix:"):
        host, number = where, 0
    elif (only := whole(where)) is not None:
        host, number = "*", only
    elif colon and (last := whole(port)) is not None:
        number = last
    else:
        host, number = where, 80
    return Listen(
        host,
        number,
        tls="ssl" in flags or "quic" in flags,
        default="default_server" in flags or "default" in flags,
        proxied="proxy_protocol" in flags,
        quic="quic" in flags,
    )
