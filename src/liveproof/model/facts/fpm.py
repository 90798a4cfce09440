"""PHP-FPM: units, masters, pools and their sockets."""

from dataclasses import dataclass

from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process: pid, start (epoch seconds), effective user id."""

    pid: int
    start: float
    uid: int


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One process of the pool as the status page tells it: state (``Idle``, ``Running``), request, its age in s."""

    pid: int
    state: str
    request: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """The pool's status page (``pm.status_path``), asked straight over the socket. Counters since the pool's start."""

    accepted: int
    listen_queue: int
    max_listen_queue: int
    listen_queue_length: int
    idle: int
    active: int
    total: int
    max_active: int
    max_children_reached: int
    slow_requests: int
    start: float
    workers: tuple[WorkerState, ...]


@dataclass(frozen=True, slots=True)
class Socket:
    """A pool's socket; owner, group and mode are 0 for TCP. ``listening``: a listener stands behind it.

    ``web_server_connects`` tells whether nginx's user got a connection, or why that is not known.
    """

    exists: bool
    listening: bool
    uid: int
    gid: int
    mode: int
    web_server_connects: bool | Unknown


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool from the configuration that the running master uses (or, when none runs, that its unit would use).

    ``address`` is normalised as nginx writes it: ``unix:/run/php/php8.2-fpm.sock`` or ``127.0.0.1:9000``.
    ``values`` holds php_value, php_flag, php_admin_value and php_admin_flag. ``workers`` is empty when it does not run.
    ``status`` is Unknown with its reason (no status_path, saturated, no socket, no root).
    """

    version: str
    name: str
    file: str
    user: str
    group: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    address: str
    listen_owner: str
    listen_group: str
    listen_mode: str
    pm: str
    max_children: int
    start_servers: int
    min_spare: int
    max_spare: int
    status_path: str
    chroot: str
    terminate_timeout: float
    slowlog_timeout: float
    values: tuple[tuple[str, str], ...]
    workers: tuple[Worker, ...]
    socket: Socket | Unknown
    status: PoolStatus | Unknown

    @property
    def id(self) -> str:
        """``version/name``."""
        return f"{self.version}/{self.name}"


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit as ``systemctl show`` tells it: ActiveState, SubState, Result, MainPID, NeedDaemonReload."""

    name: str
    load: str
    active: str
    sub: str
    result: str
    main_pid: int
    need_daemon_reload: bool
    enabled: str
    private_tmp: bool


@dataclass(frozen=True, slots=True)
class Master:
    """A php-fpm master or, when ``pid`` is 0, the one that its unit would start.

    ``start`` is epoch seconds (it stays when SIGUSR2 re-executes the master, so it is not the cache's age).
    ``files`` are the configuration files with ctimes; ``control_timeout`` is process_control_timeout in seconds.
    """

    version: str
    pid: int
    start: float
    binary: str
    config: str
    files: tuple[tuple[str, float], ...]
    control_timeout: float
    error_log: str
    unit: Unit | Unknown
    pools: tuple[Pool, ...]


@dataclass(frozen=True, slots=True)
class Fpm:
    """All PHP-FPM masters of the host, running or not, in the order of their versions."""

    masters: tuple[Master, ...]

    def pool(self, name: str) -> tuple[Master, Pool] | None:
        """The pool with this id and its master."""
        for master in self.masters:
            for pool in master.pools:
                if pool.id == name:
                    return master, pool
        return None

    def serving(self, pools: tuple[str, ...]) -> tuple[tuple[Master, Pool], ...]:
        """The masters and pools with these ids."""
        return tuple(found for name in pools if (found := self.pool(name)))
