"""The records of FastCGI: one request as bytes, and the bytes of a peer as an answer. Pure; fastcgi.py sends them.

FastCGI specification, version 1: each record has a header of eight bytes (version, type, request id, content length,
padding length, reserved). The environment is the CGI's, and so are the answer's headers (RFC 3875).
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass

ERRORS_LIMIT = 64 * 1024
_RECORD = struct.Struct("!BBHHBx")
_BEGIN, _END, _PARAMS, _STDIN, _STDOUT, _STDERR = 1, 3, 4, 5, 6, 7
_MOST = 65535
_ID = 1


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: HTTP status, headers in their order with names as sent, body, and what came on the error stream.

    ``errors`` holds at most the first 64 kB.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    errors: bytes


class NotFastcgi(ValueError):
    """Bytes that are no FastCGI record of version 1, or no CGI answer; the message says which."""


class Decoder:
    """Takes the bytes of a peer as they come and keeps the two output streams of request 1.

    Records of other requests and of types that are none of ours are passed over. ``ended`` is the protocol status of
    the end record, None until it came. ``received`` counts all bytes, padding and headers included.
    """

    def __init__(self) -> None:
        self.out = bytearray()
        self.errors = bytearray()
        self.ended: int | None = None
        self.received = 0
        self._rest = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more bytes; what follows the end record is not looked at.

        Raises:
            NotFastcgi: a record of another version, or an end record that is too short.
        """
        self.received += len(data)
        rest = self._rest
        rest += data
        start, size = 0, len(rest)
        while self.ended is None and size - start >= 8:
            version, kind, request_id, length, padding = _RECORD.unpack_from(rest, start)
            if version != 1:
                raise NotFastcgi("it does not speak FastCGI")
            content = start + 8
            if size - content < length + padding:
                break
            if request_id == _ID:
                self._take(kind, memoryview(rest)[content : content + length])
            start = content + length + padding
        # A new buffer: the views of the old one may still be alive, and such a bytearray cannot shrink.
        self._rest = rest[start:]

    def _take(self, kind: int, content: memoryview) -> None:
        if kind == _STDOUT:
            self.out += content
        elif kind == _STDERR:
            self.errors += content[: max(0, ERRORS_LIMIT - len(self.errors))]
        elif kind == _END:
            if len(content) < 8:
                raise NotFastcgi("its end record is too short")
            self.ended = content[4]

    def response(self) -> Response:
        """The CGI answer of the output stream.

        Raises:
            NotFastcgi: there are no headers, or the status is no number.
        """
        head, body = _split(bytes(self.out))
        status, headers = 200, []
        for line in head.replace(b"\r\n", b"\n").split(b"\n"):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                if line:
                    raise NotFastcgi("its answer has no CGI headers")
                continue
            headers.append((name, value.strip()))
            if name.lower() == "status":
                number = value.split()[0] if value.split() else ""
                if not (number.isascii() and number.isdigit() and len(number) == 3):
                    raise NotFastcgi("its answer has a status that is not a number")
                status = int(number)
        return Response(status, tuple(headers), body, bytes(self.errors))


def _split(out: bytes) -> tuple[bytes, bytes]:
    """Headers and body: the first empty line parts them; PHP without any header begins with it."""
    for prefix in (b"\r\n", b"\n"):
        if out.startswith(prefix):
            return b"", out[len(prefix) :]
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := out.find(mark)) >= 0]
    if not ends:
        raise NotFastcgi("its answer has no CGI headers" if out else "its answer is empty")
    at, length = min(ends)
    return out[:at], out[at + length :]


def encode_request(params: Mapping[str, str], body: bytes = b"") -> bytes:
    """The records of one request that closes the connection afterwards (flags 0).

    Args:
        params: the CGI environment; names and values that are not UTF-8 use surrogateescape.
        body: the request's body.

    Raises:
        ValueError: as ``encode_head``.
    """
    return encode_head(params) + encode_body(body)


def encode_head(params: Mapping[str, str]) -> bytes:
    """The records of a request up to its body.

    Args:
        params: as in ``encode_request``.

    Raises:
        ValueError: ``PHP_VALUE`` or ``PHP_ADMIN_VALUE`` stands in ``params``.
    """
    for name in params:
        if name.upper() in ("PHP_VALUE", "PHP_ADMIN_VALUE"):
            raise ValueError(f"{name} is never sent: php-fpm keeps it in the worker after the request")
    pairs = b"".join(_pair(os.fsencode(name), os.fsencode(value)) for name, value in params.items())
    begin = _RECORD.pack(1, _BEGIN, _ID, 8, 0) + struct.pack("!HB5x", 1, 0)
    return begin + _stream(_PARAMS, pairs)


def encode_body(body: bytes) -> bytes:
    """The records of a request's body, with the one that ends it."""
    return _stream(_STDIN, body)


def _pair(name: bytes, value: bytes) -> bytes:
    return _length(len(name)) + _length(len(value)) + name + value


def _length(size: int) -> bytes:
    return bytes((size,)) if size < 128 else struct.pack("!I", size | 1 << 31)


def _stream(kind: int, content: bytes) -> bytes:
    """A stream: records of at most 65,535 bytes and the empty one that ends it."""
    parts = [content[at : at + _MOST] for at in range(0, len(content), _MOST)]
    return b"".join(_RECORD.pack(1, kind, _ID, len(part), 0) + part for part in (*parts, b""))
