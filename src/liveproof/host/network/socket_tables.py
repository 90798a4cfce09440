"""Who listens on this host, and how many wait there: sockets as the kernel lists them. Nothing is connected to.

Unix sockets come from sock_diag(7), which alone tells the queue and which file a socket is bound to; where that is not
to be had (another network namespace, a kernel without unix_diag), from /proc/net/unix, which tells neither.
"""

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_UNIX_DIAG = struct.Struct("=BBBBIII")  # unix_diag_msg: family, type, state, padding, inode, cookie
_HEADER = struct.Struct("=IHHII")  # nlmsghdr
_LISTEN, _ESTABLISHED = 10, 1
_BY_FAMILY, _REQUEST_DUMP = 20, 0x301
_NAME, _VFS, _QUEUE = 0, 1, 4  # attributes of an answer
_SHOW = 0x01 | 0x02 | 0x10  # name, file, queue
_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class UnixListener:
    """A listening unix socket that is bound to a path.

    ``inode`` is the socket's own, as /proc/PID/fd shows it; ``file`` is the device and inode of the socket file as
    stat(2) gives them, None when not known. ``waiting`` and ``limit`` are -1 when not known.
    """

    path: str
    inode: int
    file: tuple[int, int] | None
    waiting: int
    limit: int


@dataclass(frozen=True, slots=True)
class UnixSockets:
    """The listeners, and the accepted connections: path of the listener to socket inodes."""

    listeners: tuple[UnixListener, ...]
    accepted: tuple[tuple[str, int], ...]

    def held(self, path: str) -> frozenset[int]:
        """The connections that were accepted from the listener at ``path``."""
        return frozenset(inode for name, inode in self.accepted if name == path)


@dataclass(frozen=True, slots=True)
class TcpListener:
    """A listening TCP socket: address as text (``0.0.0.0``, ``::``), port, inode, and how many wait there."""

    address: str
    port: int
    inode: int
    waiting: int


@dataclass(frozen=True, slots=True)
class TcpSockets:
    """The listeners, and the accepted connections: local port to socket inodes."""

    listeners: tuple[TcpListener, ...]
    accepted: tuple[tuple[int, int], ...]

    def held(self, port: int) -> frozenset[int]:
        """The connections that were accepted on ``port``."""
        return frozenset(inode for number, inode in self.accepted if number == port)


def unix_sockets(pid: int = 0) -> UnixSockets:
    """The unix sockets of our network namespace, or of that of ``pid``.

    Raises:
        OSError: neither sock_diag nor /proc/net/unix can be read.
    """
    if not pid:
        try:
            return _sorted(_diagnosed())
        except (OSError, struct.error):
            pass
    with open(f"/proc/{pid or 'self'}/net/unix", encoding="utf-8", errors="surrogateescape") as file:
        return parse_unix(file.read())


def parse_unix(text: str) -> UnixSockets:
    """The sockets of /proc/net/unix (proc_pid_net(5)): one per line, its path last and perhaps holding blanks."""
    listeners: list[UnixListener] = []
    accepted: list[tuple[str, int]] = []
    for line in text.split("\n")[1:]:
        fields = line.split(None, 7)
        if len(fields) < 8 or not fields[6].isdigit():
            continue
        flags, state, inode, path = fields[3], fields[5], int(fields[6]), fields[7]
        if flags == "00010000":
            listeners.append(UnixListener(path, inode, None, -1, -1))
        elif state == "03" and inode:
            accepted.append((path, inode))
    return UnixSockets(tuple(listeners), tuple(accepted))


def _sorted(found: Iterator[tuple[int, UnixListener]]) -> UnixSockets:
    listeners: list[UnixListener] = []
    accepted: list[tuple[str, int]] = []
    for state, one in found:
        if state == _LISTEN:
            listeners.append(one)
        elif state == _ESTABLISHED and one.inode:
            accepted.append((one.path, one.inode))
    return UnixSockets(tuple(listeners), tuple(accepted))


def _diagnosed() -> Iterator[tuple[int, UnixListener]]:
    """Every unix stream socket with a path, with its state."""
    wanted = 1 << _LISTEN | 1 << _ESTABLISHED
    body = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, wanted, 0, _SHOW, 0xFFFFFFFF, 0xFFFFFFFF)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as channel:
        channel.settimeout(_WAIT)
        channel.send(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST_DUMP, 1, 0) + body)
        while True:
            data = channel.recv(1 << 18)
            at = 0
            while at < len(data):
                length, kind, *_ = _HEADER.unpack_from(data, at)
                if kind == 3:
                    return
                if kind == 2:
                    raise OSError(-struct.unpack_from("=i", data, at + _HEADER.size)[0], "sock_diag")
                yield from _diagnosis(data[at + _HEADER.size : at + length])
                at += length + 3 & ~3


def _diagnosis(message: bytes) -> Iterator[tuple[int, UnixListener]]:
    _, kind, state, _, inode, _, _ = _UNIX_DIAG.unpack_from(message)
    parts = dict(_attributes(message[_UNIX_DIAG.size :]))
    name = parts.get(_NAME, b"").split(b"\0")[0]
    if kind != socket.SOCK_STREAM or not name:
        return
    number, device = struct.unpack("=II", parts[_VFS]) if _VFS in parts else (0, 0)
    waiting, limit = struct.unpack("=II", parts[_QUEUE]) if _QUEUE in parts else (-1, -1)
    # The kernel's own device number: 12 bits of major above 20 bits of minor.
    file = (os.makedev(device >> 20, device & 0xFFFFF), number) if _VFS in parts else None
    yield state, UnixListener(os.fsdecode(name), inode, file, waiting, limit)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind, data[at + 4 : at + length]
        at += length + 3 & ~3


def tcp_sockets(pid: int = 0) -> TcpSockets:
    """The TCP sockets of our network namespace, or of that of ``pid``.

    Raises:
        OSError: /proc/net/tcp cannot be read; a host without IPv6 is none.
    """
    where = f"/proc/{pid or 'self'}/net"
    with open(f"{where}/tcp", encoding="ascii", errors="replace") as file:
        found = parse_tcp(file.read())
    try:
        with open(f"{where}/tcp6", encoding="ascii", errors="replace") as file:
            six = parse_tcp(file.read())
    except FileNotFoundError:
        return found
    return TcpSockets(found.listeners + six.listeners, found.accepted + six.accepted)


def parse_tcp(text: str) -> TcpSockets:
    """The sockets of /proc/net/tcp or tcp6 (proc_pid_net(5)); of a listener the receive queue counts who waits."""
    listeners: list[TcpListener] = []
    accepted: list[tuple[int, int]] = []
    for line in text.split("\n")[1:]:
        fields = line.split()
        if len(fields) < 10 or fields[3] not in ("0A", "01", "08"):
            continue
        address, _, port = fields[1].partition(":")
        inode = int(fields[9])
        if fields[3] == "0A":
            waiting = int(fields[4].partition(":")[2], 16)
            listeners.append(TcpListener(_address(address), int(port, 16), inode, waiting))
        elif inode:
            accepted.append((int(port, 16), inode))
    return TcpSockets(tuple(listeners), tuple(accepted))


def _address(digits: str) -> str:
    """Words of 32 bits in the machine's own order, as hexadecimal digits."""
    words = struct.pack(f"={len(digits) // 8}I", *(int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)))
    return socket.inet_ntop(socket.AF_INET6 if len(words) == 16 else socket.AF_INET, words)
