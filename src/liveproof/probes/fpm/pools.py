"""A master's configuration as facts: its pools, whom they run as, what they listen on. Sockets are looked at later."""

from collections.abc import Sequence

from liveproof.host.errors import CannotSee
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.credentials import Credentials, credentials
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.fpm import Pool, Worker
from liveproof.model.findings import Unknown
from liveproof.model.secrets import harmless_setting, one_line
from liveproof.probes.fpm import configuration
from liveproof.probes.fpm.configuration import FpmConf, Section
from liveproof.probes.fpm.masters import Found, pool_of

_UNSEEN = Unknown("the socket was not looked at")
_TAIL = 16384
_LAST_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Read:
    """A configuration that was read, or why it was not."""

    conf: FpmConf | None
    problems: tuple[str, ...]


def read(reader: Reader, found: Found) -> Read:
    """Read the configuration of a master and all that it includes."""

    def text(path: str) -> str | None:
        status = reader.stat(path)
        if status and status.is_directory:
            return None
        return reader.read(path).decode(errors="surrogateescape")

    try:
        conf = configuration.load(found.config, text, reader.glob, found.prefix)
    except CannotSee as error:
        return Read(None, (f"{found.config}: {error}",))
    except OSError as error:
        hint = "; run liveproof as root" if isinstance(error, PermissionError) and not reader.root else ""
        return Read(None, (f"{found.config}: {error.strerror or error}{hint}",))
    return Read(conf, conf.problems)


def pool(
    reader: Reader, accounts: Accounts, found: Found, *, version: str, section: Section, workers: Sequence[Process]
) -> Pool:
    """One pool, with its workers as they are now."""
    prefixes = (section.get("prefix"), found.prefix)
    who = next((observed for one in workers if (observed := credentials(reader, one.pid))), None)
    user, group, uid, gid, groups = _user(accounts, found, section, who)
    listen = section.get("listen")
    address = configuration.address(listen, *prefixes)
    return Pool(
        version,
        section.name,
        section.set_in.get("listen", section.file),
        user,
        group,
        uid,
        gid,
        groups,
        address,
        section.get("pm").lower(),
        section.number("pm.max_children"),
        section.number("pm.min_spare_servers"),
        section.get("pm.status_path"),
        configuration.absolute(section.get("chroot").removeprefix("$prefix"), *prefixes)
        if section.get("chroot")
        else "",
        section.seconds("request_terminate_timeout"),
        section.seconds("request_slowlog_timeout"),
        tuple((name, harmless_setting(name, value)) for name, value in section.values()),
        tuple(worker(one) for one in workers),
        _UNSEEN,
        _UNSEEN,
        address[5:] if address.startswith("unix:") else listen,
        bool(section.get("listen.acl_users") or section.get("listen.acl_groups")),
        configuration.address(section.get("pm.status_listen"), *prefixes) if section.get("pm.status_listen") else "",
        configured=_configured(accounts, found, section),
    )


def _configured(accounts: Accounts, found: Found, section: Section) -> tuple[str, int] | None:
    """The user that the section names, and its number now."""
    if found.process and found.process.uid:
        return None
    name = section.get("user")
    account = accounts.user(name) if name else None
    return name, account.uid if account else -1


def _user(
    accounts: Accounts, found: Found, section: Section, who: Credentials | None
) -> tuple[str, str, int, int, tuple[int, ...]]:
    """Names and numbers of whom the pool runs as: of a running worker, else what its section gives.

    A master that is not root's cannot become anybody else, so its pools run as its own user. Workers that run as
    another user than the section names do so only until the next reload: what counts is whom it names.
    """
    configured = _configured(accounts, found, section)
    if who and (configured is None or configured[1] in (who.uid, -1)):
        return accounts.user_name(who.uid), accounts.group_name(who.gid), who.uid, who.gid, who.groups
    wanted = str(found.process.uid) if found.process and found.process.uid else section.get("user")
    account = accounts.user(wanted) if wanted else None
    if account is None:
        return wanted, section.get("group"), -1, -1, ()
    named = section.get("group") if wanted == section.get("user") else ""
    gid = accounts.group(named) if named else account.gid
    if gid is None:
        return account.name, named, account.uid, -1, ()
    return account.name, accounts.group_name(gid), account.uid, gid, accounts.groups_of(account.name, gid)


def worker(process: Process) -> Worker:
    """A worker of a pool."""
    return Worker(process.pid, process.start, process.uid, process.stopped)


def workers_of(children: Sequence[Process]) -> dict[str, list[Process]]:
    """The workers among a master's children, by the name of their pool."""
    found: dict[str, list[Process]] = {}
    for one in children:
        name = pool_of(one)
        if name:
            found.setdefault(name, []).append(one)
    return found


def source(reader: Reader, path: str) -> str:
    """The text of a pool's file, empty when it cannot be read."""
    try:
        return reader.read(path).decode(errors="surrogateescape")
    except (OSError, CannotSee):
        return ""


def error_log(found: Found, conf: FpmConf | None) -> str:
    """Where the master logs; PHP's own default stands below the directory for variable data."""
    result = conf.main.get("error_log", "log/php-fpm.log") if conf else ""
    var = "/var" if found.prefix == "/usr" else f"{found.prefix}/var"
    return result if result in ("", "syslog") else configuration.absolute(result, var)


def last_errors(reader: Reader, path: str) -> tuple[str, ...]:
    """The last errors at the end of a master's log, without control characters, each at most 300 characters."""
    try:
        # A stream (/proc/self/fd/2) would be our own.
        named = path.startswith("/") and not path.startswith(("/proc/", "/dev/"))
        status = reader.stat(path) if named else None
        if status is None or not status.is_file:
            return ()
        tail = reader.read_range(path, max(0, status.size - _TAIL), _TAIL).decode(errors="replace")
    except (OSError, CannotSee):
        return ()
    lines = [line for line in tail.splitlines() if "ERROR:" in line or "ALERT:" in line]
    return tuple(one_line(line) for line in lines[-_LAST_ERRORS:])
