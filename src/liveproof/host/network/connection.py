"""A connection to a server within a deadline, and what keeps one from coming about."""

import errno
import socket
import time
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.host.numbers import whole

_RETRY = 0.005  # s between attempts while a socket's backlog is full

_KINDS = {
    errno.ENOENT: "missing", errno.ENOTDIR: "missing", errno.ECONNREFUSED: "refused", errno.EACCES: "denied",
    errno.EPERM: "denied", errno.ECONNRESET: "closed", errno.EPIPE: "closed",
}  # fmt: skip


class NoAnswer(CannotSee):
    """No answer was had; the message says why and what to do.

    ``kind`` is ``missing`` (no such socket), ``refused`` (nothing listens), ``denied`` (no permission), ``silent`` (no
    answer in time), ``closed`` (the connection ended too early), ``garbage`` (not of the protocol), ``large`` (over the
    limit), ``tls`` (no encrypted connection was agreed on), ``foreign`` (not an address of this machine) or
    ``unreachable`` (any other failure of the network).
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def kind_of(error: OSError) -> str:
    """The kind of a failure, as in ``NoAnswer``."""
    return _KINDS.get(error.errno or 0, "unreachable")


def host_and_port(address: str) -> tuple[str, int] | None:
    """The parts of ``HOST:PORT`` or ``[ADDRESS]:PORT``; None for what is none."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    number = whole(port)
    return (host, number) if host and number is not None and 0 < number < 65536 else None


def connected(family: int, where: Any, deadline: float) -> socket.socket:
    """A connected socket, with what is left until the deadline (monotonic) as its timeout.

    While the backlog of a unix socket is full (unix(7), EAGAIN) it is tried again.

    Raises:
        TimeoutError: the deadline passed.
        OSError: as connect(2).
    """
    peer = socket.socket(family, socket.SOCK_STREAM)
    try:
        while True:
            peer.settimeout(seconds_left(deadline))
            try:
                peer.connect(where)
            except BlockingIOError:
                time.sleep(min(_RETRY, seconds_left(deadline)))
            else:
                return peer
    except BaseException:
        peer.close()
        raise


def seconds_left(deadline: float) -> float:
    """Until a deadline of the monotonic clock.

    Raises:
        TimeoutError: it has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
