"""One request to a server of this machine: answers of every shape, and peers that misbehave."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.network import http
from liveproof.host.network.http import HttpError, Response


@contextmanager
def server(*parts, wait=0.0, close=True):
    """A peer on loopback that takes one request and sends these bytes, each in its own packet; gives its address."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            peer, _ = listening.accept()
            with peer:
                seen.append(peer.recv(65536))
                try:
                    for part in parts:
                        peer.sendall(part)
                        time.sleep(wait)
                    if not close:
                        peer.recv(1)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}", seen
        finally:
            thread.join(5)


def ask(address: str, method: str = "GET", body: bytes = b"", timeout: float = 2.0, proxied: bool = False) -> Response:
    return http.request(address, method, "/x", [("Host", "a")], body, timeout=timeout, proxied=proxied)


@pytest.mark.parametrize(
    ("answer", "status", "body", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEXTRA", 200, b"ok", True),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", 200, b"to the end", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 200, b"short", False),
        (b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 404, b"", True),
        (b"HTTP/1.1 204 None\r\n\r\n", 204, b"", True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n",
            200,
            b"abcde",
            True,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 200, b"ab", False),
        (b"HTTP/1.1 502\r\n\r\n", 502, b"", True),
    ],
)
@pytest.mark.parametrize("bytewise", [False, True])
def test_answers_of_every_shape_are_read(answer, status, body, whole, bytewise):
    """In one packet or byte by byte."""
    parts = [answer[at : at + 1] for at in range(len(answer))] if bytewise else [answer]
    with server(*parts) as (address, _):
        got = ask(address)
    assert (got.status, got.body, got.whole) == (status, body, whole)


def test_the_request_is_as_asked():
    """Request line, headers in order, length of the body, and no connection kept."""
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (address, seen):
        ask(address, "POST", b"{}")
    assert seen[0] == b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([], "closed"), ([b"HTTP/1.1 200 OK\r\nX: y"], "closed"), ([b"SSH-2.0-x\r\n\r\n"], "garbage"),
        ([b"x" * 200_000], "garbage"), ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "garbage"),
        ([b"HTTP/1.1 20"], "closed"), ([b"HTTP/1.1 \xff\xfe\r\n\r\n"], "garbage"),
    ],
)  # fmt: skip
def test_what_is_no_answer_has_a_reason(parts, kind):
    """Never a traceback of another kind."""
    with server(*parts) as (address, _), pytest.raises(HttpError) as caught:
        ask(address)
    assert caught.value.kind == kind


def test_a_long_body_is_cut():
    """1 MB is kept of an answer without end."""
    with server(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 40) as (address, _):
        got = ask(address)
    assert (len(got.body), got.whole) == (http.BODY_LIMIT, False)


def test_a_silent_peer_and_a_dripping_one_end_in_time():
    """The limit is for everything together, however the bytes come."""
    for parts in ([], [b"x"] * 100):
        with server(*parts, wait=0.05, close=False) as (address, _):
            start = time.monotonic()
            with pytest.raises(HttpError) as caught:
                ask(address, timeout=0.3)
            assert caught.value.kind == "silent"
            assert time.monotonic() - start < 1.0


def test_no_other_machine_is_asked():
    """An address of the documentation's networks is nobody's, and no packet leaves for it."""
    with pytest.raises(HttpError) as caught:
        ask("192.0.2.1:80")
    assert caught.value.kind == "foreign"


@pytest.mark.parametrize("address", ["", "x", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "host.name:80", ":80"])
def test_an_address_that_is_none_is_refused(address):
    """Names are not resolved."""
    with pytest.raises(HttpError):
        ask(address)


def test_sockets_that_are_not_there(tmp_path):
    """Missing, refused, and a connection to a unix socket that answers."""
    with pytest.raises(HttpError) as caught:
        ask(f"unix:{tmp_path}/none.sock")
    assert caught.value.kind == "missing"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/s")
        with pytest.raises(HttpError) as caught:
            ask(f"unix:{tmp_path}/s")
    assert caught.value.kind == "refused"


def test_a_plain_server_is_no_tls_server():
    """The reason names the encryption."""
    with server(b"HTTP/1.1 400 Bad\r\n\r\n") as (address, _), pytest.raises(HttpError) as caught:
        http.request(address, "GET", "/", [("Host", "a")], tls="a", timeout=2)
    assert caught.value.kind == "tls"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0"])
def test_no_header_can_be_smuggled(value):
    """A value with a line break is an error before anything is sent."""
    with pytest.raises(ValueError, match="line break"):
        http.request("127.0.0.1:1", "GET", "/", [("Host", value)], timeout=1)


class Played:
    """A socket whose bytes are given."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def settimeout(self, _):
        return None

    def recv(self, _):
        part, self.data = self.data[:7], self.data[7:]
        return part


heads = st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])


@given(heads, st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_an_error(head, data):
    """Whatever a peer sends."""
    kind = "none"
    try:
        http._receive(Played(head + data), time.monotonic() + 5, bodiless=False)  # type: ignore[arg-type]
    except HttpError as error:
        kind = error.kind
    assert kind in ("none", "closed", "garbage")
