"""/metrics under clients that are slow, many, or send garbage."""

import os
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from liveproof.watch.metrics import server as metrics_server
from liveproof.watch.metrics.server import CannotServe, MetricsServer

TEXT = b"# TYPE up gauge\nup 1.0\n" + b"# " + b"x" * 200_000 + b"\n"


@pytest.fixture
def served() -> Iterator[tuple[str, int]]:
    failures: list[str] = []
    server = MetricsServer(lambda: TEXT, failures.append)
    yield server.start("127.0.0.1", 0)
    server.stop()
    assert not failures


def get(address: tuple[str, int], path: str = "/metrics", **more: object) -> bytes:
    request = urllib.request.Request(f"http://{address[0]}:{address[1]}{path}", **more)  # type: ignore[arg-type]
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


def raw(address: tuple[str, int], sent: bytes) -> bytes:
    with socket.create_connection(address, timeout=10) as client:
        got = b""
        try:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            while part := client.recv(65536):
                got += part
        except OSError:
            pass
        return got


def test_it_serves_the_metrics(served: tuple[str, int]) -> None:
    """With the type that Prometheus asks for, whole, for GET; without a body for HEAD."""
    assert get(served) == TEXT
    assert get(served, "/metrics?name[]=up") == TEXT
    assert get(served, method="HEAD") == b""
    answer = raw(served, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n" in answer
    assert f"Content-Length: {len(TEXT)}\r\n".encode() in answer


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET / ", b"404"),
        ("GET /metrics/../etc ", b"404"),
        ("POST /metrics ", b"405"),
        ("GET /metrics X", b"400"),
    ],
)
def test_it_serves_nothing_else(served: tuple[str, int], line: str, status: bytes) -> None:
    """There is one page, and it is only read."""
    assert raw(served, f"{line}HTTP/1.1\r\n\r\n".encode()).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "sent", [b"", b"\0" * 100, b"GET\r\n\r\n", b"\r\n\r\n", b"GET /metrics\r\n\r\n", b"\xff\xfe \xfd \xfc\r\n\r\n"]
)
def test_garbage_gets_an_error_or_nothing(served: tuple[str, int], sent: bytes) -> None:
    """And the next one is served as ever."""
    assert raw(served, sent).startswith(b"HTTP/1.1 400") or not raw(served, sent)
    assert get(served) == TEXT


def test_a_request_without_end_is_cut_off(served: tuple[str, int]) -> None:
    """Nobody fills its memory."""
    assert raw(served, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 1_000_000) == b""
    assert get(served) == TEXT


def test_a_thousand_connections_do_not_keep_prometheus_out(served: tuple[str, int]) -> None:
    """Most say nothing, some do not read: about 128 are held, in one thread, and a scrape comes through."""
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    with ExitStack() as stack:
        for number in range(1000):
            client = stack.enter_context(socket.create_connection(served, timeout=10))
            if number % 3 == 0:
                client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            elif number % 3 == 1:
                client.sendall(b"GET /met")
        assert get(served) == TEXT
        assert threading.active_count() == threads
        assert len(os.listdir("/proc/self/fd")) - files - 1000 < 200


def test_a_slow_client_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it drips, its time is up at once, and others are served meanwhile."""
    monkeypatch.setattr(metrics_server, "_SECONDS", 0.3)
    server = MetricsServer(lambda: TEXT)
    address = server.start("127.0.0.1", 0)
    began = time.monotonic()
    with socket.create_connection(address, timeout=10) as slow:
        with pytest.raises(OSError):  # noqa: PT011, PT012  (a reset or a broken pipe, some time)
            for _ in range(100):
                slow.sendall(b"G")
                assert get(address) == TEXT
                time.sleep(0.02)
        assert time.monotonic() - began < 2
    server.stop()


def test_what_is_asked_for_often_is_made_once() -> None:
    """Scrapes without pause cost the watcher nothing."""
    made: list[int] = []

    def text() -> bytes:
        made.append(1)
        return TEXT

    server = MetricsServer(text)
    address = server.start("127.0.0.1", 0)
    for _ in range(20):
        get(address)
    server.stop()
    assert len(made) <= 3


def test_a_failure_is_told_and_the_server_stays() -> None:
    """A bug in a metric costs a scrape, not the watcher."""
    told: list[str] = []
    server = MetricsServer(lambda: b"%d" % (1 // len([])), told.append)
    address = server.start("127.0.0.1", 0)
    for _ in range(2):
        assert raw(address, b"GET /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 500 ")
    server.stop()
    assert told == ["ZeroDivisionError: integer division or modulo by zero"] * 2


def test_an_address_that_is_taken_is_said(served: tuple[str, int]) -> None:
    """In words, with the address; and what was stopped can be started again at once."""
    with pytest.raises(CannotServe, match=f"cannot listen on 127.0.0.1 port {served[1]} for /metrics: Address already"):
        MetricsServer(lambda: TEXT).start(*served)
    with pytest.raises(CannotServe, match=r"cannot listen on 192\.0\.2\.1 port 1"):
        MetricsServer(lambda: TEXT).start("192.0.2.1", 1)
    MetricsServer(lambda: TEXT).stop()
    server = MetricsServer(lambda: TEXT)
    address = server.start("127.0.0.1", 0)
    get(address)
    server.stop()
    server.start(*address)
    assert get(address) == TEXT
    server.stop()


def test_it_serves_ipv6() -> None:
    """[::1] as well, where the machine has it."""
    server = MetricsServer(lambda: TEXT)
    try:
        address = server.start("::1", 0)
    except CannotServe as error:
        pytest.skip(str(error))
    assert get(("[::1]", address[1])) == TEXT
    server.stop()
