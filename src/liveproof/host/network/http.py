"""One HTTP/1.1 request to a web server of this very machine, bounded in time and size.

Only a numeric address that is this machine's own, or a unix socket, is asked: nothing that a configuration names may
lead a request, with the credentials in its headers, elsewhere. That is also why certificates are not verified here
(the name is sent for SNI): whether they are right is another question than whether the app answers.
"""

import os
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

from liveproof.host.deadline import left
from liveproof.host.network.connection import NoAnswer, connected, host_and_port, kind_of, seconds_left
from liveproof.host.numbers import whole as decimal

BODY_LIMIT = 1024 * 1024
_HEAD_LIMIT = 64 * 1024


class Response(NamedTuple):
    """An answer: status, headers in their order with names as sent, the body's first 1 MB, whether that was all."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool

    def header(self, name: str) -> str:
        """The first header of this name, in any case, or empty."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class HttpError(NoAnswer):
    """No answer was had; the message says why."""


def request(
    address: str,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes = b"",
    *,
    tls: str | None = None,
    proxied: bool = False,
    timeout: float,
) -> Response:
    """Send a request and read its answer; redirects are not followed.

    Args:
        address: ``unix:PATH``, ``ADDRESS:PORT`` or ``[ADDRESS]:PORT``, numeric.
        method: in capitals.
        target: path and query, as they stand in the request line.
        headers: all of them, Host included; Content-Length and Connection are added.
        body: the body.
        tls: the name for SNI where the connection is encrypted (empty: none is sent), else None.
        proxied: begin with a PROXY header (version 1), for ``listen … proxy_protocol``.
        timeout: seconds for everything together.

    Raises:
        HttpError: there is no answer.
        ValueError: a part of the request holds a line break.
    """
    data = _encode(method, target, headers, body)
    deadline = left(timeout) + time.monotonic()
    try:
        with _connect(address, deadline) as plain:
            if proxied:
                plain.sendall(b"PROXY UNKNOWN\r\n")
            with _encrypted(plain, tls) as peer:
                peer.settimeout(seconds_left(deadline))
                peer.sendall(data)
                return _receive(peer, deadline, bodiless=method == "HEAD")
    except TimeoutError:
        left()  # else what had no time would be reported as what is silent
        raise HttpError("silent", f"{address} did not answer within {timeout:g} s") from None
    except OSError as error:
        raise _described(address, error) from None


def _encode(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise ValueError("a request line or header holds a line break")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def _described(address: str, error: OSError) -> HttpError:
    if type(error).__name__.startswith("SSL"):  # first, since its errno is OpenSSL's and not the kernel's
        return HttpError("tls", f"{address}: no encrypted connection: {getattr(error, 'reason', '') or error}")
    kind = kind_of(error)
    messages = {
        "missing": f"{address} does not exist",
        "refused": f"nothing listens on {address}",
        "denied": f"no permission to connect to {address}",
        "closed": f"{address} broke the connection off without an answer",
    }
    return HttpError(kind, messages.get(kind, f"{address} cannot be reached: {error.strerror or error}"))


def _connect(address: str, deadline: float) -> socket.socket:
    if address.startswith("unix:"):
        return connected(socket.AF_UNIX, os.fsencode(address[5:]), deadline)
    parts = host_and_port(address)
    if parts is None:
        raise HttpError("unreachable", f"{address!r} is neither unix:PATH nor ADDRESS:PORT")
    family = socket.AF_INET6 if ":" in parts[0] else socket.AF_INET
    if not _ours(family, parts[0]):
        raise HttpError("foreign", f"{parts[0]} is not an address of this machine")
    return connected(family, parts, deadline)


def _ours(family: int, host: str) -> bool:
    """Whether an address is this machine's: only such a one can be bound (EADDRNOTAVAIL otherwise, ip(7))."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as bound:
            bound.bind((host, 0))
    except OSError:
        return False
    return True


def _encrypted(plain: socket.socket, name: str | None) -> socket.socket:
    if name is None:
        return plain
    import ssl  # noqa: PLC0415  (loads OpenSSL)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context.wrap_socket(plain, server_hostname=name or None)


def _receive(peer: socket.socket, deadline: float, *, bodiless: bool) -> Response:
    """Read one answer, after any interim ones (RFC 9110, 15.2); the end of the connection ends it at the latest."""
    data = b""
    while True:
        head, found, rest = data.partition(b"\r\n\r\n")
        if found:
            status, headers = _head(head)
            if status >= 200:
                break
            data = rest
            continue
        if len(data) > _HEAD_LIMIT:
            raise HttpError("garbage", "the answer's headers have no end")
        chunk = _chunk(peer, deadline)
        if not chunk:
            raise HttpError("closed", "the connection was closed without an answer")
        data += chunk
    result = {name.lower(): value for name, value in headers}
    if bodiless or status in (204, 304):
        return Response(status, headers, b"", whole=True)
    if "chunked" in result.get("transfer-encoding", "").lower():
        body, whole = _chunked(rest, peer, deadline)
    else:
        length = result.get("content-length", "")
        body, whole = _counted(rest, peer, deadline, decimal(length))
    return Response(status, headers, body[:BODY_LIMIT], whole=whole and len(body) <= BODY_LIMIT)


def _head(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not (version.startswith("HTTP/1.") and status[:3].isascii() and status[:3].isdigit() and int(status[:3]) >= 100):
        raise HttpError("garbage", "the answer is not HTTP: is another kind of server on this port?")
    return int(status[:3]), tuple((name.strip(), value.strip()) for name, _, value in (x.partition(":") for x in rest))


def _counted(body: bytes, peer: socket.socket, deadline: float, length: int | None) -> tuple[bytes, bool]:
    parts, size = [body], len(body)
    wanted = BODY_LIMIT + 1 if length is None else min(length, BODY_LIMIT + 1)
    while size < wanted:
        chunk = _chunk(peer, deadline)
        if not chunk:
            break
        parts.append(chunk)
        size += len(chunk)
    return b"".join(parts)[:wanted], length is None or size >= length


def _chunked(data: bytes, peer: socket.socket, deadline: float) -> tuple[bytes, bool]:
    """RFC 9112, 7.1: each chunk is its length in hexadecimal, a line break, the data, a line break."""
    body = bytearray()
    buffer = bytearray(data)
    while len(body) <= BODY_LIMIT:
        while (line := buffer.find(b"\r\n")) < 0 and len(buffer) < 4096:
            if not (chunk := _chunk(peer, deadline)):
                return bytes(body), False
            buffer += chunk
        try:
            length = int(bytes(buffer[: max(line, 0)]).partition(b";")[0], 16)
        except ValueError:
            raise HttpError("garbage", "the answer's chunks have no length") from None
        if length <= 0:
            return bytes(body), length == 0
        while len(buffer) < line + 2 + length + 2 and len(buffer) <= BODY_LIMIT + 4096:
            if not (chunk := _chunk(peer, deadline)):
                return bytes(body + buffer[line + 2 :]), False
            buffer += chunk
        body += buffer[line + 2 : line + 2 + length]
        del buffer[: line + 2 + length + 2]
    return bytes(body), False


def _chunk(peer: socket.socket, deadline: float) -> bytes:
    """The next bytes; none at the end, also where an encrypted connection is cut without its farewell."""
    peer.settimeout(seconds_left(deadline))
    try:
        return peer.recv(1 << 16)
    except ConnectionResetError:
        return b""
    except OSError as error:
        if type(error).__name__ in ("SSLEOFError", "SSLZeroReturnError"):
            return b""
        raise
