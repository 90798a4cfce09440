"""A FastCGI client for one request at a time, bounded in time and size, that survives any peer.

``PHP_VALUE`` and ``PHP_ADMIN_VALUE`` are never sent: php-fpm keeps such values in the worker after the request.
"""

import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from liveproof.host.deadline import left
from liveproof.host.network.connection import NoAnswer, connected, host_and_port, kind_of, seconds_left
from liveproof.host.network.fastcgi_records import (
    Decoder,
    NotFastcgi,
    Response,
    encode_body,
    encode_head,
    encode_request,
)

__all__ = ["ANSWER_LIMIT", "FastcgiError", "HeldRequest", "Response", "request"]

ANSWER_LIMIT = 16 * 1024 * 1024
_REFUSALS = {
    1: "cannot take more requests on this connection",
    2: "is overloaded: raise pm.max_children",
    3: "does not know the responder role: is it a FastCGI application server?",
}


class FastcgiError(NoAnswer):
    """No answer was had; the message says why and what to do."""


def request(address: str, params: Mapping[str, str], body: bytes = b"", *, timeout: float) -> Response:
    """Send one request to a pool and return its answer.

    Args:
        address: ``unix:PATH`` or ``HOST:PORT`` (``[::1]:9000`` for IPv6), as nginx writes it.
        params: the CGI environment.
        body: the request's body.
        timeout: seconds for everything together: name look-up, connection, sending and the whole answer.

    Raises:
        FastcgiError: there is no answer; its message is for the administrator.
        ValueError: ``PHP_VALUE`` or ``PHP_ADMIN_VALUE`` stands in ``params``.
    """
    deadline = left(timeout) + time.monotonic()
    data = encode_request(params, body)
    decoder = Decoder()
    with _told(address, timeout), _connect(address, deadline) as peer:
        _exchange(peer, data, decoder, deadline)
    return _response(address, decoder)


class HeldRequest:
    """A request whose body comes later: its script runs up to where it reads the body, and its worker waits there.

    Closing the connection, as the end of this process does, ends the waiting.

    Raises:
        FastcgiError, ValueError: as ``request``.
    """

    def __init__(self, address: str, params: Mapping[str, str], *, timeout: float) -> None:
        self._address, self._timeout = address, timeout
        self._decoder = Decoder()
        deadline = left(timeout) + time.monotonic()
        with _told(address, timeout):
            self._peer = _connect(address, deadline)
            try:
                _exchange(self._peer, encode_head(params), self._decoder, deadline, lambda _: True)
            except BaseException:
                self._peer.close()
                raise

    def said(self, mark: bytes, timeout: float) -> bytes:
        """What the script has said by now, headers included, once ``mark`` is in it or it has ended.

        Raises:
            FastcgiError: as ``request``.
        """
        decoder = self._decoder
        with _told(self._address, timeout):
            _exchange(self._peer, b"", decoder, left(timeout) + time.monotonic(), lambda _: mark in decoder.out)
        return bytes(decoder.out)

    def answered(self, body: bytes, timeout: float) -> Response:
        """Send the body; the whole answer.

        Raises:
            FastcgiError: as ``request``.
        """
        with _told(self._address, timeout):
            _exchange(self._peer, encode_body(body), self._decoder, left(timeout) + time.monotonic())
        return _response(self._address, self._decoder)

    def close(self) -> None:
        """Let the worker go."""
        self._peer.close()


def _response(address: str, decoder: Decoder) -> Response:
    with _told(address, 0):
        if decoder.ended is None:
            raise FastcgiError(
                "closed", f"{address} closed the connection before its answer was complete; look into PHP-FPM's log"
            )
        if decoder.ended:
            why = _REFUSALS.get(decoder.ended, f"refused the request (protocol status {decoder.ended})")
            raise FastcgiError("refused", f"{address} {why}")
        return decoder.response()


@contextmanager
def _told(address: str, timeout: float) -> Iterator[None]:
    """What goes wrong with a peer, in words."""
    try:
        yield
    except NotFastcgi as error:
        raise FastcgiError("garbage", f"{address}: {error}; is it the socket of a PHP-FPM pool?") from None
    except TimeoutError:
        left()  # else what had no time would be reported as what is silent
        raise FastcgiError(
            "silent", f"{address} did not answer within {timeout:g} s: are all workers of the pool busy?"
        ) from None
    except OSError as error:
        raise _described(address, error) from None


def _described(address: str, error: OSError) -> FastcgiError:
    kind = kind_of(error)
    hint = "" if os.geteuid() == 0 else "; run liveproof as root"
    messages = {
        "missing": f"{address} does not exist: does the pool run, and is this its listen path?",
        "refused": f"nothing listens on {address}: start PHP-FPM, or align listen and fastcgi_pass",
        "denied": f"no permission to connect to {address}{hint}",
        "closed": f"{address} broke the connection off before it answered; look into PHP-FPM's log",
    }
    return FastcgiError(kind, messages.get(kind, f"{address} cannot be reached: {error.strerror or error}"))


def _connect(address: str, deadline: float) -> socket.socket:
    """A connected socket that does not block; of a name's addresses the first that accepts."""
    if address.startswith("unix:"):
        return _connect_to(socket.AF_UNIX, os.fsencode(address[5:]), deadline)
    refused: OSError | None = None
    for family, where in _look_up(address, deadline):
        try:
            return _connect_to(family, where, deadline)
        except ConnectionRefusedError as error:
            refused = error
    raise refused or FastcgiError("unreachable", f"{address} cannot be reached: its name does not resolve")


def _connect_to(family: int, where: Any, deadline: float) -> socket.socket:
    peer = connected(family, where, deadline)
    peer.setblocking(False)
    return peer


def _look_up(address: str, deadline: float) -> list[tuple[int, Any]]:
    """Families and socket addresses of ``HOST:PORT``."""
    parts = host_and_port(address)
    if parts is None:
        raise FastcgiError("unreachable", f"{address!r} is neither unix:PATH nor HOST:PORT")
    host, port = parts[0], str(parts[1])
    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return _resolve(host, port, deadline)


def _addresses(host: str, port: str, flags: int = 0) -> list[tuple[int, Any]]:
    return [(found[0], found[4]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]


def _resolve(host: str, port: str, deadline: float) -> list[tuple[int, Any]]:
    """Ask the resolver; it knows no deadline, so it is left behind in a thread when it takes too long."""
    import threading  # noqa: PLC0415  (pools have numeric addresses or paths)

    found: list[tuple[int, Any]] = []

    def ask() -> None:
        try:
            found.extend(_addresses(host, port))
        except (OSError, UnicodeError):
            return

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds_left(deadline))
    if thread.is_alive():
        raise TimeoutError
    return found


def _never(_: object) -> bool:
    return False


def _exchange(
    peer: socket.socket, data: bytes, decoder: Decoder, deadline: float, enough: Callable[[Decoder], bool] = _never
) -> None:
    """Send and receive at the same time: a peer may answer before it has read everything.

    Until the answer has ended, or all is sent and what came is ``enough``.
    """
    unsent = memoryview(data)
    poll = select.poll()
    poll.register(peer, select.POLLIN | select.POLLOUT if unsent else select.POLLIN)
    while decoder.ended is None and (unsent or not enough(decoder)):
        ready = poll.poll(max(1, int(seconds_left(deadline) * 1000)))
        seconds_left(deadline)
        events = ready[0][1] if ready else 0
        if unsent and events & select.POLLOUT:
            unsent = _send(peer, unsent)
            if not unsent:
                poll.modify(peer, select.POLLIN)
        if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
            try:
                chunk = peer.recv(1 << 18)
            except BlockingIOError:
                continue
            if not chunk:
                return
            decoder.feed(chunk)
            if decoder.received > ANSWER_LIMIT:
                raise FastcgiError("large", f"the answer is over {ANSWER_LIMIT >> 20} MB; it was not read to its end")


def _send(peer: socket.socket, unsent: memoryview) -> memoryview:
    """Send what the peer takes; one that stopped reading may still have answered, so that is no error yet."""
    try:
        return unsent[peer.send(unsent) :]
    except BlockingIOError:
        return unsent
    except (BrokenPipeError, ConnectionResetError):
        return unsent[:0]
