"""PHP-FPM: units, masters, pools and their sockets."""

from dataclasses import field

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.model.loaded import Loaded

_NOT_LOOKED = Unknown("the pool's load was not looked at")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process: pid, start (epoch seconds), effective user id, whether a signal or debugger has stopped it."""

    pid: int
    start: float
    uid: int
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One process of the pool as the status page tells it: state (``Idle``, ``Running``), request, its age in s."""

    pid: int
    state: str
    request: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """The pool's status page (``pm.status_path``), asked straight over the socket. Counters since the pool's start.

    ``max_listen_queue`` and ``slow_requests`` are -1 where the page does not tell them.
    """

    accepted: int
    listen_queue: int
    idle: int
    active: int
    total: int
    max_children_reached: int
    start: float
    workers: tuple[WorkerState, ...]
    max_listen_queue: int = -1
    slow_requests: int = -1


@dataclass(frozen=True, slots=True)
class Socket:
    """A FastCGI socket as nginx sees it; owner, group and mode are 0 for TCP.

    Attributes:
        exists: something stands at the path (for TCP: somebody listens there).
        listening: a listener stands behind it, whoever listens.
        uid, gid, mode: of the socket file.
        web_server_connects: whether nginx's user got a connection, or why that is not known.
        path: the path with every symbolic link resolved, empty for TCP.
        refusal: why nginx's user got no connection, in the kernel's words.
        orphaned: the master still listens on a socket of this name whose file is gone or was replaced. A reload hands
            that socket on, so only a restart brings the file back.
        hidden: it exists, but only in PHP-FPM's own view of the file system (PrivateTmp).
        waiting: connections that nobody has accepted yet, -1 when not known; ``limit`` is how many may wait.
    """

    exists: bool
    listening: bool
    uid: int
    gid: int
    mode: int
    web_server_connects: bool | Unknown
    path: str = ""
    refusal: str = ""
    orphaned: bool = False
    hidden: bool = False
    waiting: int = -1
    limit: int = -1


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a pool is, seen from outside over ``seconds``; it is looked at again only while it seems full.

    ``processes`` are its workers at the last look, ``waiting`` the fewest connections that waited for one at any look
    (liveproof's own not counted, -1 when that cannot be seen), ``held`` the connections that workers held from the
    first look to the last. ``seconds`` is 0 when it was looked at once only. ``unanswered`` is for how many seconds
    its status page, asked meanwhile, gave no answer (0: not asked, or answered). ``stuck`` are the connections that
    workers held through the last looks: where all do, nothing flows, and whoever comes now waits for as long.
    """

    processes: int
    waiting: int
    held: int
    seconds: float
    unanswered: float = 0.0
    stuck: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool from the configuration that the running master uses (or, when none runs, that its unit would use).

    ``address`` is normalised as nginx writes it: ``unix:/run/php/php8.2-fpm.sock`` or ``127.0.0.1:9000``; ``listen``
    is the directive with ``$pool`` and prefixes resolved. ``values`` holds php_value, php_flag, php_admin_value and
    php_admin_flag as PHP directive and value (flags as 1 and 0; hidden where it may be a secret), the admin ones
    last: the last of a name is in force.
    ``uid``, ``gid`` and ``groups`` are those of a running worker, else (and where workers run as another user than the
    file names) what the configuration gives, -1 when that user does not exist. ``workers`` is empty when it does not
    run. ``status`` is Unknown with its reason (no status_path, saturated, no socket, no root). ``acl``:
    listen.acl_users or listen.acl_groups is set, which overrules owner and group. ``status_address`` is
    pm.status_listen as an address, empty when the status page has no socket of its own. ``pending`` is the address that
    ``file`` names by now where the pool still listens at another one, to which nginx passes: the next reload moves the
    socket away from nginx. ``configured`` is the user that ``file`` names, with that user's number now (-1: there is
    none); None where the master is not root's, so that its pools run as its own user. ``source`` is the text of
    ``file``, told only where a fix must edit it (nginx's user is refused): it may hold secrets.
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
    pm: str
    max_children: int
    min_spare: int
    status_path: str
    chroot: str
    terminate_timeout: float
    slowlog_timeout: float
    values: tuple[tuple[str, str], ...]
    workers: tuple[Worker, ...]
    socket: Socket | Unknown
    status: PoolStatus | Unknown
    listen: str = ""
    acl: bool = False
    status_address: str = ""
    pending: str = ""
    load: Load | Unknown = _NOT_LOOKED
    source: str = field(default="", repr=False)
    configured: tuple[str, int] | None = None

    @property
    def id(self) -> str:
        """``version/name``."""
        return f"{self.version}/{self.name}"

    @property
    def least(self) -> int:
        """The fewest workers that its own configuration keeps alive (php.net: pm)."""
        return {"static": self.max_children, "dynamic": self.min_spare}.get(self.pm, 0)


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit in the words of ``systemctl show``; ``restarts`` is NRestarts: how often Restart= did its work.

    ``settings`` is what of its own files, drop-ins and environment files the main process was started with, beside what
    they hold now; None where it does not run.
    """

    name: str
    load: str
    active: str
    sub: str
    result: str
    main_pid: int
    need_daemon_reload: bool
    enabled: str
    private_tmp: bool
    restarts: int = 0
    settings: Loaded | None = None


@dataclass(frozen=True, slots=True)
class Master:
    """A php-fpm master or, when ``pid`` is 0, the one that its unit would start.

    ``start`` is epoch seconds (it stays when SIGUSR2 re-executes the master, so it is not the cache's age).
    ``files`` are the configuration files with ctimes; ``control_timeout`` is process_control_timeout in seconds.
    ``test`` is the command that tests the configuration, empty when it must not be run (the master is not root's).
    ``unread`` tells what of the configuration could not be read or understood. ``last_errors`` are the last errors of
    the error log when no master runs. ``refused`` are the first errors of ``test``, where nginx passes to one of its
    pools and no master runs, or one that may have loaded other files than lie on disk: empty when the configuration is
    taken, or was not tested (not as root); Unknown when the test gave no result. ``loaded`` is what the running master
    has loaded, php.ini and what it scans included, beside what the files hold now; None where it does not run, or
    nobody looked. ``replaced`` are the files of its program, extensions and libraries that it executes though they were
    replaced or removed since. ``stopped``: a signal or a debugger has stopped it.
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
    test: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    last_errors: tuple[str, ...] = ()
    refused: tuple[str, ...] | Unknown = ()
    loaded: Loaded | Unknown | None = None
    replaced: tuple[str, ...] | Unknown = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Fpm:
    """All PHP-FPM masters of the host, running or not, in the order of their versions, running ones first.

    ``routes`` has each FastCGI address that nginx passes to with the ids of the pools that listen there: the running
    ones, else those that would. ``strangers`` has the addresses on this host where no pool listens, as nginx sees them.
    """

    masters: tuple[Master, ...]
    routes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    strangers: tuple[tuple[str, Socket | Unknown], ...] = ()

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
