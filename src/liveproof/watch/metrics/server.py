"""/metrics over HTTP in a thread of its own, which neither slow clients nor many of them can fill or hold up.

prometheus_client's own server starts a thread for each connection and waits for its client without limit. Here one
thread serves all, each connection has a few seconds, there are at most 128 at once, and what is asked for again within
a second is not made again.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable

_AT_ONCE = 128
_ACCEPTED = 16  # in one go; well below _AT_ONCE, so that who comes has time to say what it wants
_WAITING = 1024
_SECONDS = 5.0
_REQUEST = 8192
_FRESH = 1.0
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class CannotServe(Exception):
    """The address cannot be listened on; the message says why."""


class MetricsServer:
    """Serves what ``text`` gives at /metrics; ``failed`` is told, in the server's thread, what it could not do and why.

    Who comes while 128 are connected takes the place of the one that is connected for the longest.
    """

    def __init__(self, text: Callable[[], bytes], failed: Callable[[str], None] = lambda _: None) -> None:
        self._text, self._failed = text, failed
        self._made: tuple[float, bytes] | None = None
        self._open: dict[asyncio.StreamWriter, None] = {}  # the oldest first
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen, and return the address; port 0 takes any that is free.

        Raises:
            CannotServe: that address is taken, not of this host, or not allowed.
        """
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = socket.create_server((host, port), family=family, backlog=_WAITING)
        except OSError as error:
            raise CannotServe(f"cannot listen on {host} port {port} for /metrics: {error.strerror or error}") from None
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)), name="metrics", daemon=True
        )
        self._thread.start()
        if not ready.wait(_SECONDS):
            raise CannotServe(
                f"cannot serve /metrics on {host} port {port}: its thread did not start in {_SECONDS:.0f} s"
            )
        address = listener.getsockname()
        return str(address[0]), int(address[1])

    def stop(self) -> None:
        """Stop listening and end every connection; nothing happens where it was not started."""
        if self._loop and self._ended and self._thread:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(_SECONDS)
        self._loop = self._ended = self._thread = None

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda _, context: self._failed(str(context.get("exception") or context)))
        ended = self._ended
        server = await asyncio.start_server(self._client, sock=listener, limit=_REQUEST, backlog=_ACCEPTED)
        # asyncio accepts as many at a time as may wait: more may wait in the kernel, without a file descriptor of ours.
        listener.listen(_WAITING)
        ready.set()
        await ended.wait()
        server.close()

    async def _client(self, reader: "asyncio.StreamReader", writer: "asyncio.StreamWriter") -> None:
        self._open[writer] = None
        if len(self._open) > _AT_ONCE:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.transport.abort()
        try:
            async with asyncio.timeout(_SECONDS):
                writer.write(self._answer(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
                writer.write_eof()
                await reader.read(1)  # what it has not taken yet would be lost with a reset
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # it went away, was too slow, or sent no request; or the server ends
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        target, _, version = rest.partition(b"\r\n")[0].partition(b" ")
        if not version.startswith(b"HTTP/1."):
            return _response("400 Bad Request", b"This is HTTP/1.1.\n")
        if method not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", b"GET or HEAD.\n", "Allow: GET, HEAD\r\n")
        if target.partition(b"?")[0] != b"/metrics":
            return _response("404 Not Found", b"The metrics are at /metrics.\n")
        try:
            answer = _response("200 OK", self._fresh(), kind=_TYPE)
        except Exception as error:  # noqa: BLE001  (whatever it is, the watcher goes on and Prometheus sees a failed scrape)
            self._failed(f"{type(error).__name__}: {error}")
            answer = _response("500 Internal Server Error", b"liveproof failed to make its metrics.\n")
        return answer if method == b"GET" else answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def _fresh(self) -> bytes:
        now = time.monotonic()
        if self._made is None or now - self._made[0] > _FRESH:
            self._made = now, self._text()
        return self._made[1]


def _response(status: str, body: bytes, more: str = "", kind: str = "text/plain; charset=utf-8") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
