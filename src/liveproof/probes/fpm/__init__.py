"""PHP-FPM: units, masters, pools and their sockets, as the configuration that each master uses has them.

A pool's status page is asked once and its socket is connected to once, as nginx's user: no more workers are woken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from liveproof.analysis.web.addresses import is_here
from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.numbers import whole
from liveproof.host.process import namespaces
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.command import Identity
from liveproof.host.process.replaced import replaced_files
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import Service, web_services
from liveproof.model.facts.fpm import Fpm, Load, Master, Pool, PoolStatus, Socket, Unit
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Unknown
from liveproof.model.loaded import Loaded
from liveproof.probes.fpm import configuration_test, loaded_files
from liveproof.probes.fpm import masters as fpmmaster
from liveproof.probes.fpm import pools as fpmpools
from liveproof.probes.fpm.masters import Found
from liveproof.probes.fpm.pool_status import PoolWatch
from liveproof.probes.fpm.routes import moved
from liveproof.probes.fpm.routes import routes as routes_to
from liveproof.probes.fpm.sockets import Sockets, attempts
from liveproof.store.cache import Cache
from liveproof.store.loaded_files import of_unit

_AGAIN = 0.4  # s before workers that seem missing are counted again


def probe(reader: Reader, cache: Cache, nginx: Nginx | Unknown | Absent) -> Fpm:
    """Every PHP-FPM master of this host, and which of their pools nginx passes to."""
    services, unseen = _services(reader)
    found = fpmmaster.masters(reader, services)
    wanted = _wanted(nginx)
    if not found and not wanted:
        raise NotThere("there is no PHP-FPM on this host: no master process, no unit, and nginx passes to none")
    accounts = Accounts(reader)
    sockets = _sockets(reader, nginx, wanted)
    every = (_master(cache, accounts, sockets, one, unseen) for one in found)
    masters = _distinct([moved(sockets, wanted, one) for one in every if one.pools or one.test or not one.pid])
    routes = routes_to(reader, wanted, masters, dict(fpmmaster.links(services.values())))
    busy = PoolWatch(reader, sockets)
    observed = [_with_sockets(master, sockets, routes, busy) for master in masters]
    strangers = [(address, sockets.of(address, 0)) for address, pools in routes if not pools and is_here(address)]
    return Fpm(tuple(sorted(observed, key=_order)), routes, tuple(strangers))


def _services(reader: Reader) -> tuple[Mapping[str, Service], Unknown]:
    try:
        return web_services(reader), Unknown("no systemd unit runs this PHP-FPM")
    except CannotSee as error:
        return {}, Unknown(str(error))
    except OSError as error:
        return {}, Unknown(f"systemctl cannot be run: {error.strerror or error}")


def _wanted(nginx: Nginx | Unknown | Absent) -> tuple[str, ...]:
    """Every FastCGI address that nginx passes to, as it writes them."""
    if not isinstance(nginx, Nginx):
        return ()
    every = (address for server in nginx.servers for one in server.passes for address in one.addresses)
    return tuple(dict.fromkeys(every))


def _order(master: Master) -> tuple[bool, list[int], str]:
    return (
        not master.pid,
        [number for part in master.version.split(".") if (number := whole(part)) is not None],
        master.config,
    )


def _master(cache: Cache, accounts: Accounts, sockets: Sockets, found: Found, unseen: Unknown) -> Master:
    reader = sockets.reader
    version = fpmmaster.version(reader, cache, found)
    result = fpmpools.read(reader, found)
    log = fpmpools.error_log(found, result.conf)
    pools = []
    pid = found.process.pid if found.process else -1
    workers_by_pool = fpmpools.workers_of([one for one in reader.processes() if one.parent == pid])
    for section in result.conf.pools if result.conf else ():
        workers = workers_by_pool.get(section.name, ())
        pool = fpmpools.pool(reader, accounts, found, version=version, section=section, workers=workers)
        if found.process is None or found.trusted or not reader.root or sockets.holds(found.process.pid, pool.address):
            pools.append(pool)
    testable = found.trusted and bool(found.binary)
    return Master(
        version,
        found.process.pid if found.process else 0,
        found.process.start if found.process else 0.0,
        found.binary,
        found.config,
        tuple(_ctimes(reader, result.conf.files if result.conf else (found.config,))),
        result.conf.main.seconds("process_control_timeout") if result.conf else 0.0,
        log,
        _unit(reader, cache, found) if found.service else unseen,
        tuple(_counted(reader, found, pools)),
        (found.binary, "-t", "--fpm-config", found.config) if testable else (),
        result.problems,
        () if found.process else fpmpools.last_errors(reader, log),
        loaded=loaded_files.loaded(reader, cache, found, result.conf) if found.process else None,
        replaced=_replaced(reader, found.process.pid) if found.process else (),
        stopped=found.process is not None and found.process.stopped,
    )


def _unit(reader: Reader, cache: Cache, found: Found) -> Unit:
    service, process = found.service, found.process
    assert service is not None
    return Unit(
        service.name, service.load, service.active, service.sub, service.result, service.main_pid,
        service.need_daemon_reload, service.enabled, service.private_tmp, service.restarts,
        of_unit(reader, cache, service, process) if process and process.pid == service.main_pid else None,
    )  # fmt: skip


def _ctimes(reader: Reader, files: Sequence[str]) -> Iterator[tuple[str, float]]:
    for path in files:
        try:
            status = reader.stat(path)
        except OSError:
            status = None
        yield path, status.ctime_ns / 1e9 if status else 0.0


def _counted(reader: Reader, found: Found, pools: list[Pool]) -> list[Pool]:
    """The pools; where workers seem to be missing they are counted again, as one may just be replaced by another."""
    if found.process is None or all(len(pool.workers) >= pool.least for pool in pools):
        return pools
    reader.pause(_AGAIN)
    now = fpmpools.workers_of(reader.children(found.process.pid))
    return [replace(pool, workers=tuple(map(fpmpools.worker, now.get(pool.name, ())))) for pool in pools]


def _distinct(masters: list[Master]) -> list[Master]:
    """Masters whose pools have ids of their own: a second www of one version is named by its unit or configuration."""
    taken: set[str] = set()
    result = []
    for master in masters:
        one = master
        if taken & {pool.id for pool in master.pools}:
            apart = master.unit.name if isinstance(master.unit, Unit) else master.config
            version = f"{master.version}@{apart.strip('/').replace('/', '-')}"
            one = replace(master, version=version, pools=tuple(replace(pool, version=version) for pool in master.pools))
        taken |= {pool.id for pool in one.pools}
        result.append(one)
    return result


def _sockets(reader: Reader, nginx: Nginx | Unknown | Absent, wanted: Sequence[str]) -> Sockets:
    """The sockets with the eyes of nginx."""
    if isinstance(nginx, Unknown):
        return Sockets(reader, 0, nginx)
    if isinstance(nginx, Absent):
        return Sockets(reader, 0, Unknown(nginx.reason))
    process = nginx.process
    one = next((pid for pid, _ in process.workers), process.pid) if process else 0
    viewer = namespaces.pid_for_files(reader, one)
    if nginx.uid < 0:
        return Sockets(reader, viewer, Unknown(f"nginx's user {nginx.worker_user!r} does not exist"))
    here = [address for address in wanted if is_here(address)]
    identity = Identity(nginx.uid, nginx.gid, nginx.groups)
    return Sockets(reader, viewer, attempts(here, identity, viewer))


def _with_sockets(
    master: Master, sockets: Sockets, routes: Sequence[tuple[str, tuple[str, ...]]], busy: PoolWatch
) -> Master:
    """The master with its pools' sockets, loads and status pages."""
    pools = []
    for pool in master.pools:
        asked = [address for address, ids in routes if pool.id in ids]
        socket = sockets.of(pool.address, master.pid, asked)
        load: Load | Unknown = Unknown(f"pool {pool.id} does not run")
        status: PoolStatus | Unknown = Unknown(f"pool {pool.id} does not run")
        if isinstance(socket, Unknown):
            status = load = socket
        elif master.pid and not asked:
            status = load = Unknown(f"nginx passes nothing to pool {pool.id}, so it was not asked")
        elif master.pid and socket.listening:
            load, status = busy.look(master, pool, socket, asked)
        elif master.pid:
            status = load = Unknown(f"nothing listens on {pool.address}")
        denied = isinstance(socket, Socket) and socket.listening and socket.web_server_connects is False
        source = fpmpools.source(sockets.reader, pool.file) if denied and master.test else ""
        pools.append(replace(pool, socket=socket, load=load, status=status, source=source))
    routed = any(pool.id in ids for pool in pools for _, ids in routes)
    tested = routed and (not master.pid or _may_differ(master.loaded))
    refused = configuration_test.refused(sockets.reader, master.test) if tested else ()
    return replace(master, pools=tuple(pools), refused=refused)


def _replaced(reader: Reader, pid: int) -> tuple[str, ...] | Unknown:
    try:
        return replaced_files(reader, pid)
    except OSError as error:
        why = f"{error.strerror or error}; run liveproof as root"
        return Unknown(f"whether the program of the PHP-FPM master {pid} was replaced since it started: {why}")


def _may_differ(loaded: Loaded | Unknown | None) -> bool:
    """Whether a master may run with another configuration than lies on disk: the one that it loaded was taken."""
    return not isinstance(loaded, Loaded) or bool(loaded.differing or loaded.unsure)
