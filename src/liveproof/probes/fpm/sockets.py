"""FastCGI sockets as nginx sees them: what stands at the path, who listens, and whether nginx's user gets through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from liveproof.analysis.web.addresses import meets
from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import Stat
from liveproof.host.network import connect
from liveproof.host.network.connect import CONNECTED, FULL
from liveproof.host.network.socket_tables import TcpSockets, UnixListener, UnixSockets, tcp_sockets, unix_sockets
from liveproof.host.process import namespaces
from liveproof.host.process.command import Identity
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Socket
from liveproof.model.findings import Unknown

_WORDS = {
    "EACCES": "permission denied",
    "EPERM": "operation not permitted",
    "ECONNREFUSED": "connection refused",
    "ENOENT": "no such file",
    "ENOTDIR": "no such directory",
    "ENOTSOCK": "it is not a socket",
    "ETIMEDOUT": "no answer in time",
}


@dataclass(slots=True)
class Sockets:
    """Sockets are looked at through this: listeners are listed once per network namespace.

    Args:
        reader: the door.
        viewer: a process of nginx whose file system counts, 0 for ours.
        answers: what nginx's user was told when it connected, by address; or why nobody could ask.
    """

    reader: Reader
    viewer: int
    answers: Mapping[str, str] | Unknown
    _unix: dict[int, UnixSockets] = field(default_factory=dict)
    _tcp: dict[int, TcpSockets] = field(default_factory=dict)
    _open: dict[int, frozenset[int]] = field(default_factory=dict)

    def unix(self, pid: int = 0) -> UnixSockets:
        """The unix sockets as ``pid`` has them."""
        if pid not in self._unix:
            self._unix[pid] = unix_sockets(pid)
        return self._unix[pid]

    def tcp(self, pid: int = 0) -> TcpSockets:
        """The TCP sockets as ``pid`` has them."""
        if pid not in self._tcp:
            self._tcp[pid] = tcp_sockets(pid)
        return self._tcp[pid]

    def ours(self, addresses: Iterable[str]) -> int:
        """How many connections we made to a socket that is known under these addresses."""
        if isinstance(self.answers, Unknown):
            return 0
        return sum(1 for address in addresses if self.answers.get(address) == CONNECTED)

    def forget(self) -> None:
        """Look again the next time."""
        self._unix.clear()
        self._tcp.clear()
        self._open.clear()

    def of(self, address: str, master: int, asked: Iterable[str] = ()) -> Socket | Unknown:
        """The socket at ``address`` (as nginx writes it).

        Args:
            address: ``unix:PATH`` or ``HOST:PORT``.
            master: the pid of the FPM master that should listen there, 0 for none.
            asked: the addresses under which nginx knows it.
        """
        connects, refusal = self._connects((*asked, address))
        try:
            if address.startswith("unix:"):
                return self._of_path(address[5:], master, connects, refusal)
            return self._of_port(address, master, connects, refusal)
        except CannotSee as error:
            return Unknown(str(error))
        except OSError as error:
            hint = "" if self.reader.root else "; run liveproof as root"
            return Unknown(f"{address} cannot be looked at: {error.strerror or error}{hint}")

    def holds(self, master: int, address: str) -> bool:
        """Whether that process really listens at an address, whatever its title says."""
        inodes = self._inodes(master)
        network = namespaces.pid_for_sockets(self.reader, master)
        if address.startswith("unix:"):
            return any(one.path == address[5:] and one.inode in inodes for one in self.unix(network).listeners)
        ports = self.tcp(network).listeners
        return any(one.inode in inodes and _takes(one.address, one.port, address) for one in ports)

    def _of_path(self, path: str, master: int, connects: bool | Unknown, refusal: str) -> Socket:
        status = self.reader.stat(namespaces.path_for(self.viewer, path))
        inodes = self._inodes(master)
        network = namespaces.pid_for_sockets(self.reader, master)
        real = path if self.viewer else self.reader.resolve(path)
        listeners = self.unix(network).listeners
        behind = next((one for one in listeners if _stands_at(one, status, (path, real))), None)
        own = next((one for one in listeners if one.inode in inodes and one.path in (path, real)), None)
        hidden_in = namespaces.pid_for_files(self.reader, master)
        hidden = (
            status is None and bool(hidden_in) and self.reader.stat(namespaces.path_for(hidden_in, path)) is not None
        )
        is_socket = status is not None and status.is_socket
        return Socket(
            status is not None,
            is_socket and (behind is not None or connects is True),
            status.uid if status else 0,
            status.gid if status else 0,
            status.permissions if status else 0,
            connects,
            real,
            refusal,
            orphaned=behind is None and own is not None and not hidden,
            hidden=hidden,
            waiting=behind.waiting if behind else -1,
            limit=behind.limit if behind else -1,
        )

    def _of_port(self, address: str, master: int, connects: bool | Unknown, refusal: str) -> Socket:
        network = namespaces.pid_for_sockets(self.reader, master)
        behind = [one for one in self.tcp(network).listeners if _takes(one.address, one.port, address)]
        listening = bool(behind) or connects is True
        waiting = max((one.waiting for one in behind), default=-1)
        return Socket(listening, listening, 0, 0, 0, connects, "", refusal, waiting=waiting)

    def _connects(self, addresses: tuple[str, ...]) -> tuple[bool | Unknown, str]:
        if isinstance(self.answers, Unknown):
            return self.answers, ""
        result = next((self.answers[address] for address in addresses if address in self.answers), None)
        if result is None:
            return Unknown("nginx passes nothing to this socket, so nobody asked whether it could"), ""
        return (True, "") if result in (CONNECTED, FULL) else (False, _WORDS.get(result, result))

    def _inodes(self, pid: int) -> frozenset[int]:
        """The sockets that a process has open; none when we may not look."""
        if pid not in self._open:
            self._open[pid] = self._opened(pid)
        return self._open[pid]

    def _opened(self, pid: int) -> frozenset[int]:
        try:
            names = self.reader.list(f"/proc/{pid}/fd") if pid else ()
        except OSError:
            return frozenset()
        found = set()
        for name in names:
            try:
                kind, _, rest = self.reader.readlink(f"/proc/{pid}/fd/{name}").partition(":[")
            except OSError:
                continue
            if kind == "socket" and rest[:-1].isdigit():
                found.add(int(rest[:-1]))
        return frozenset(found)


def _stands_at(one: UnixListener, seen: Stat | None, paths: tuple[str, ...]) -> bool:
    """Whether a listener is bound to the very file at the path; by its name where the kernel tells no file."""
    if seen is None:
        return False
    if one.file is not None:
        return one.file == (seen.device, seen.inode)
    return one.path in paths


def _takes(host: str, port: int, address: str) -> bool:
    brackets = f"[{host}]" if ":" in host else host
    return meets(f"{brackets}:{port}", address)


def attempts(addresses: Iterable[str], identity: Identity, viewer: int) -> Mapping[str, str] | Unknown:
    """Connect to each address as nginx's user; why nobody could ask as Unknown."""
    wanted = tuple(dict.fromkeys(addresses))
    if not wanted:
        return {}
    try:
        return connect.attempts(wanted, identity, viewer)
    except CannotSee as error:
        return Unknown(str(error))
    except OSError as error:
        return Unknown(f"nginx's user could not be asked: {error.strerror or error}")
