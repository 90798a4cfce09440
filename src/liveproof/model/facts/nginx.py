"""nginx, from its master process, ``nginx -T`` and the files it was read from."""

from dataclasses import field

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.model.loaded import Loaded


@dataclass(frozen=True, slots=True)
class AnswerCache:
    """A cache that is in force at a location (nginx.org: ngx_http_fastcgi_module, ngx_http_proxy_module).

    ``zone`` and ``key`` as written; ``methods`` besides GET and HEAD that are cached; ``cookies``: answers that set
    cookies are cached as well (fastcgi_ignore_headers). ``directive`` is ``fastcgi_cache`` or ``proxy_cache``.
    """

    zone: str
    key: str
    methods: tuple[str, ...] = ()
    cookies: bool = False
    directive: str = "fastcgi_cache"

    @property
    def by_query(self) -> bool:
        """Whether a query that nobody asked before is always passed on to the app."""
        return any(f"${name}" in self.key.replace("{", "") for name in ("request_uri", "args", "query_string"))


@dataclass(frozen=True, slots=True)
class FastcgiPass:
    r"""A location that hands requests to FastCGI.

    ``location`` is the location's arguments (``~ \.php$``); ``address`` as written, with variables of upstream blocks
    resolved to the first server (``unix:/run/php/php8.2-fpm.sock``, ``127.0.0.1:9000``); ``addresses`` all servers of
    the upstream. An address that holds a variable nobody can resolve stands as written, and ``addresses`` is empty.
    ``script_filename`` and ``document_root`` are the parameters' values as written
    (``$document_root$fastcgi_script_name``, empty when not sent), from the location, its server or http, includes
    followed. ``root`` is the document root in force here, made absolute. ``keeps`` is fastcgi_keep_conn. ``params`` are
    all FastCGI parameters in force here, as written but for variables that the server sets once: name, value, and
    whether an empty one is left out (if_not_empty). Their values may be secrets. ``cache`` is None where nginx keeps no
    answers. ``backups`` are those of ``addresses`` that get requests only when no other server of the upstream takes
    them; ``retries``: where nginx gets no connection it asks the next server (fastcgi_next_upstream, by default).
    ``php_settings`` names the parameters by which requests change settings of PHP, with a number for each different
    value (``PHP_VALUE #1``).
    """

    location: str
    address: str
    addresses: tuple[str, ...]
    script_filename: str
    document_root: str
    file: str
    line: int
    root: str = ""
    keeps: bool = False
    params: tuple[tuple[str, str, bool], ...] = field(default=(), repr=False)
    cache: AnswerCache | None = None
    backups: tuple[str, ...] = ()
    retries: bool = True
    php_settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProxyPass:
    """A location that hands requests to an HTTP server: ``addresses`` are its servers as a listen directive has them.

    They are ``127.0.0.1:8080`` or ``unix:/run/x.sock``, those of an upstream block each; none where a variable in them
    is not known. ``cache`` is None where nginx keeps no answers.
    """

    location: str
    addresses: tuple[str, ...]
    file: str
    line: int
    cache: AnswerCache | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """A listen directive: address (``*``, ``[::]``, ``unix:…``), port (0 for a socket), TLS, default.

    ``proxied``: proxy_protocol, each connection begins with a PROXY header. ``quic``: UDP, for HTTP/3 only.
    """

    address: str
    port: int
    tls: bool
    default: bool
    proxied: bool = False
    quic: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """A server block: its id is ``file:line``."""

    file: str
    line: int
    names: tuple[str, ...]
    listens: tuple[Listen, ...]
    root: str
    index: tuple[str, ...]
    passes: tuple[FastcgiPass, ...]
    access_log: str
    error_log: str
    proxies: tuple[ProxyPass, ...] = ()

    @property
    def id(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class NginxProcess:
    """A running nginx: master pid and start (epoch seconds), its configuration file, the workers' start times.

    ``stopped`` are the pids of those of master and workers that a signal or a debugger has stopped. ``replaced`` are
    the files of its program, modules and libraries that it executes though they were replaced or removed since.
    """

    pid: int
    start: float
    config: str
    user: str
    workers: tuple[tuple[int, float], ...]
    draining: tuple[int, ...]
    stopped: tuple[int, ...] = ()
    replaced: tuple[str, ...] | Unknown = ()


@dataclass(frozen=True, slots=True)
class Nginx:
    """nginx on this host.

    ``valid`` is None when the test could not be run; ``errors`` are the lines of ``nginx -t`` with file and line, or
    why the test could not be run. ``test`` is the command of that test. ``worker_user``/``uid``/``gid``/``groups`` are
    whom its workers run as, ``worker_group`` names ``gid``. ``files`` are all configuration files with their ctime
    (epoch seconds). ``process`` is None when nginx does not run. ``unit`` names its systemd unit, empty when it has
    none; ``unit_state`` is that unit's ActiveState/UnitFileState (``active/enabled``). ``unread`` holds what of the
    configuration could not be read or understood: ``servers`` may then be incomplete. ``loaded`` is what the running
    workers have loaded beside what the files hold now; None where nginx does not run, or nobody looked. ``unit_files``
    is the same of the files of its unit, which only a start gives to a process; None where no unit runs it.
    ``unit_changed``: systemd has not read them since they were changed (NeedDaemonReload).
    """

    binary: str
    version: str
    config: str
    valid: bool | None
    errors: tuple[str, ...]
    files: tuple[tuple[str, float], ...]
    worker_user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    servers: tuple[Server, ...]
    process: NginxProcess | None
    unit: str
    worker_group: str = ""
    test: tuple[str, ...] = ()
    unit_state: str = ""
    unread: tuple[str, ...] = ()
    loaded: Loaded | Unknown | None = None
    unit_files: Loaded | None = None
    unit_changed: bool = False
