"""What the test of an nginx configuration depends on besides the configuration's own files."""

from collections.abc import Iterator

from liveproof.analysis.web.addresses import local
from liveproof.probes.nginx.directives import Tree

# Always looked at: users named by "user", hosts and resolvers, the libraries that the program is linked with.
SYSTEM = ("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/ld.so.cache")

# Arguments of these are addresses within a site, or places that the test does not open.
_NOT_OPENED = frozenset((
    "location", "root", "alias", "rewrite", "return", "try_files", "error_page", "set", "if", "server_name", "index",
    "add_header", "proxy_redirect", "proxy_cookie_path", "sub_filter", "log_format", "fastcgi_param", "uwsgi_param",
    "scgi_param", "proxy_set_header", "include",
))  # fmt: skip
# These may be relative: below the configuration's directory or below the prefix, as the directive has it.
_OPENED = ("certificate", "_file", "_key", "dhparam", "crl", "load_module", "geoip", "js_", "perl", "lua", "ticket")
_GROWING = ("access_log", "error_log", "pid", "lock_file", "_temp_path", "_cache_path", "state_file")
_HOSTS = ("server", "resolver", "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")


def opened(tree: Tree, prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that the test reads because directives name them, and those whose presence alone counts."""
    directory = tree.top.file.rpartition("/")[0]
    files: dict[str, None] = {}
    present: dict[str, None] = {}
    for node in tree.top.walk():
        if node.name in _NOT_OPENED:
            continue
        growing = any(part in node.name for part in _GROWING)
        relative = growing or any(part in node.name for part in _OPENED)
        for argument in node.args:
            for path in _paths(argument, directory, prefix, relative=relative):
                (present if growing else files)[path] = None
                if growing:
                    present[path.rpartition("/")[0] or "/"] = None
    return tuple(files), tuple(path for path in present if path not in files)


def _paths(argument: str, directory: str, prefix: str, *, relative: bool) -> Iterator[str]:
    if "$" in argument or "\0" in argument or len(argument) > 4000:
        return
    argument = argument.removeprefix("unix:").removeprefix("data:")
    if argument.startswith("/"):
        yield argument
    elif relative and argument and argument not in ("on", "off"):
        yield f"{directory}/{argument}"
        yield f"{prefix.rstrip('/')}/{argument}"


def asks_resolver(tree: Tree) -> bool:
    """Whether the test looks up a host's name: then its answer may change while no file does."""
    upstreams = {node.args[0] for node in tree.top.walk() if node.name == "upstream" and node.args}
    return any(
        not _known(argument, upstreams)
        for node in tree.top.walk()
        if (node.name in _HOSTS or node.name == "listen") and not node.block
        for argument in node.args[:1]
    ) or any("syslog:server=" in argument for node in tree.top.walk() for argument in node.args)


def _known(argument: str, upstreams: set[str]) -> bool:
    """An address that needs nobody: a path, a number, a variable, an upstream block."""
    host = argument.partition("://")[2] or argument
    if host.startswith(("unix:", "/", "$", "[", "*")) or "$" in host:
        return True
    host = host.partition("/")[0]
    name, _, port = host.rpartition(":")
    host_only = name if name and port.isdigit() else host
    return host in upstreams or host_only in upstreams or local(host_only) or _numeric(host_only)


def _numeric(host: str) -> bool:
    return bool(host) and all(part.isdigit() for part in host.split("."))
