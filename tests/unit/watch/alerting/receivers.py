"""Real servers on loopback that take messages, refuse them, hang, or break off."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Received:
    """A server's port and what it got: mails as text, requests as (path, headers, body)."""

    def __init__(self) -> None:
        self.port = 0
        self.got: list[Any] = []
        self.end = threading.Event()


@contextmanager
def smtp(refuse: str = "", *, hang: bool = False) -> Iterator[Received]:
    """A mail server (RFC 5321) as small as one can be; ``refuse`` is its answer to DATA, such as "550 no"."""
    received = Received()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if hang:
                received.end.wait(30)
                return
            self._say("220 test ESMTP")
            for line in self.rfile:
                verb = line.decode().strip().upper()
                if verb.startswith("DATA") and not refuse:
                    self._say("354 go on")
                    mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                    received.got.append(mail.decode())
                    self._say("250 taken")
                elif verb.startswith("DATA"):
                    self._say(refuse)
                elif verb.startswith("QUIT"):
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with _serving(_Server(("127.0.0.1", 0), Session), received):
        yield received


@contextmanager
def http(status: int = 200, said: str = "", *, hang: bool = False, drip: bool = False) -> Iterator[Received]:
    """A web server that answers every POST so; ``hang`` never does, ``drip`` sends a byte from time to time."""
    received = Received()

    class Session(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            received.got.append((self.path, dict(self.headers), body))
            if hang:
                received.end.wait(30)
                return
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "100000" if drip else str(len(said.encode())))
            self.end_headers()
            while drip and not received.end.wait(0.05):
                self.wfile.write(b".")
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Session)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hung up was meant to
    with _serving(server, received):
        yield received


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who hung up was meant to."""


@contextmanager
def _serving(server: socketserver.TCPServer, received: Received) -> Iterator[None]:
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        received.end.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
