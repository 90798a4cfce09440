"""nginx, from its master process, ``nginx -T`` and the files it was read from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FastcgiPass:
    r"""A location that hands requests to FastCGI.

    ``location`` is the location's arguments (``~ \.php$``); ``address`` as written, with variables of upstream blocks
    resolved to the first server (``unix:/run/php/php8.2-fpm.sock``, ``127.0.0.1:9000``); ``addresses`` all servers of
    the upstream. ``script_filename`` is the parameter's value as written (``$document_root$fastcgi_script_name``).
    """

    location: str
    address: str
    addresses: tuple[str, ...]
    script_filename: str
    document_root: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Listen:
    """A listen directive: address (``*``, ``[::]``, ``unix:…``), port (0 for a socket), TLS, default."""

    address: str
    port: int
    tls: bool
    default: bool


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

    @property
    def id(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class NginxProcess:
    """A running nginx: master pid and start (epoch seconds), its configuration file, the workers' start times."""

    pid: int
    start: float
    config: str
    user: str
    workers: tuple[tuple[int, float], ...]
    draining: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nginx:
    """nginx on this host.

    ``valid`` is None when the test could not be run; ``errors`` are the lines of ``nginx -t`` with file and line.
    ``worker_user``/``uid``/``gid``/``groups`` are whom its workers run as. ``files`` are all configuration files with
    their ctime (epoch seconds). ``process`` is None when nginx does not run.
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
