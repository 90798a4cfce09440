"""The FastCGI client against real sockets: what it sends, what it understands, and every way a peer can misbehave."""

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.host.network.fastcgi import FastcgiError, Response, request
from liveproof.host.network.fastcgi_records import Decoder, NotFastcgi, encode_request

OUT, ERR, END = 6, 7, 3
Peer = Callable[[socket.socket], None]


def record(kind: int, content: bytes, padding: int = 0, request_id: int = 1) -> bytes:
    return struct.pack("!BBHHBx", 1, kind, request_id, len(content), padding) + content + b"\0" * padding


def end(status: int = 0) -> bytes:
    return record(END, struct.pack("!IB3x", 0, status))


HELLO = record(OUT, b"Status: 404 Not Found\r\nContent-type: text/html\r\n\r\nFile not found.\n") + end()


@contextmanager
def listening(peer: Peer, family: socket.AddressFamily = socket.AF_UNIX) -> Iterator[str]:
    """A real socket whose peer answers the first connection in a thread; gives its address."""
    directory = Path("/tmp") / f"lp-{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"
    with socket.socket(family) as server:
        server.settimeout(5)
        if family == socket.AF_UNIX:
            server.bind(str(directory))
            address = f"unix:{directory}"
        else:
            server.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{server.getsockname()[1]}"
        server.listen(4)

        def serve() -> None:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    peer(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield address
        finally:
            thread.join(10)
            directory.unlink(missing_ok=True)


def sending(data: bytes) -> Peer:
    def peer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return peer


def failure(peer: Peer, timeout: float = 5.0) -> FastcgiError:
    with listening(peer) as address, pytest.raises(FastcgiError) as told:
        request(address, {"A": "b"}, timeout=timeout)
    return told.value


def decode_params(data: bytes) -> dict[str, str]:
    """A second, independent reading of the params stream, as an application server would do it."""
    stream, at = b"", 0
    while at < len(data):
        _, kind, _, length, padding = struct.unpack_from("!BBHHBx", data, at)
        if kind == 4:
            stream += data[at + 8 : at + 8 + length]
        at += 8 + length + padding
    found, at = {}, 0
    while at < len(stream):
        sizes = []
        for _ in range(2):
            size = stream[at]
            at += 1
            if size > 127:
                size = struct.unpack("!I", stream[at - 1 : at + 3])[0] & 0x7FFFFFFF
                at += 3
            sizes.append(size)
        name, value = stream[at : at + sizes[0]], stream[at + sizes[0] : at + sum(sizes)]
        found[os.fsdecode(name)] = os.fsdecode(value)
        at += sum(sizes)
    return found


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_an_answer_has_status_headers_body_and_errors(family):
    """Both kinds of address; padding and a second request's records are passed over."""
    data = record(ERR, b"PHP message: oh", 3) + record(OUT, b"no", 0, 7) + HELLO
    with listening(sending(data), family) as address:
        assert request(address, {"SCRIPT_NAME": "/x"}, timeout=5) == Response(
            404,
            (("Status", "404 Not Found"), ("Content-type", "text/html")),
            b"File not found.\n",
            b"PHP message: oh",
        )


def test_status_is_200_when_none_is_named():
    """PHP names a status only when it is not 200."""
    with listening(sending(record(OUT, b"X: y\n\n{}") + end())) as address:
        assert request(address, {}, timeout=5) == Response(200, (("X", "y"),), b"{}", b"")


def test_an_answer_may_come_before_the_request_was_read():
    """A large body and a peer that answers first: neither waits for the other."""
    with listening(lambda c: c.sendall(HELLO)) as address:
        assert request(address, {}, b"x" * 5_000_000, timeout=5).status == 404


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "garbage", "does not speak FastCGI"),
        (end(), "garbage", "empty"),
        (record(OUT, b"no headers at all") + end(), "garbage", "no CGI headers"),
        (record(OUT, b"no colon\r\n\r\nx") + end(), "garbage", "no CGI headers"),
        (record(OUT, b"Status: soon\r\n\r\nx") + end(), "garbage", "not a number"),
        (record(OUT, b"X: y\r\n\r\n") + record(END, b"ab"), "garbage", "too short"),
        (record(OUT, b"X: y\r\n\r\nhalf"), "closed", "before its answer was complete"),
        (record(OUT, b"X: y\r\n\r\nhalf")[:-3], "closed", "before its answer was complete"),
        (b"", "closed", "before its answer was complete"),
        (end(2), "refused", "overloaded"),
        (end(9), "refused", "protocol status 9"),
    ],
)
def test_a_bad_answer_is_told(data, kind, words):
    """Each way to answer wrongly has its own words, and is something that could not be seen."""
    error = failure(sending(data))
    assert (error.kind, words in str(error), isinstance(error, CannotSee)) == (kind, True, True)


def test_a_silent_peer_is_left_when_the_time_is_over():
    """All workers asleep: the connection is accepted by the kernel, and nothing comes."""
    begun = time.monotonic()
    error = failure(lambda _: time.sleep(0.6), timeout=0.2)
    assert (error.kind, "workers of the pool busy" in str(error)) == ("silent", True)
    assert time.monotonic() - begun < 1.5


def test_the_deadline_is_for_everything_together():
    """A peer that sends a little all the time does not hold us."""

    def drip(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(record(OUT, b"x"))
            time.sleep(0.02)

    begun = time.monotonic()
    assert failure(drip, timeout=0.3).kind == "silent"
    assert time.monotonic() - begun < 3


def test_a_stream_without_end_is_cut(monkeypatch):
    """The limit counts every byte, those of empty records too."""
    monkeypatch.setattr(fastcgi, "ANSWER_LIMIT", 1 << 20)

    def flood(connection: socket.socket) -> None:
        while True:
            connection.sendall(record(OUT, b"") * 5000)

    assert failure(flood).kind == "large"


def test_a_full_backlog_is_waited_for_until_the_time_is_over(tmp_path):
    """Nobody accepts: unix(7) says EAGAIN at once, and that is no answer yet."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(0)
        waiting = []
        for _ in range(3):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            client.connect_ex(str(path))
            waiting.append(client)
        with pytest.raises(FastcgiError) as told:
            request(f"unix:{path}", {}, timeout=0.2)
        for client in waiting:
            client.close()
    assert told.value.kind == "silent"


def test_a_socket_that_is_not_there_or_dead_is_told_apart(tmp_path):
    """Missing, refused and a plain file are different faults with different advice."""
    dead = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(dead))
    (tmp_path / "file").write_text("")
    kinds = {}
    for name in ("gone", "dead", "file", "file/below", "x" * 200):
        with pytest.raises(FastcgiError) as told:
            request(f"unix:{tmp_path}/{name}", {}, timeout=1)
        kinds[name[:10]] = told.value.kind
    assert kinds == {
        "gone": "missing",
        "dead": "refused",
        "file": "refused",
        "file/below": "missing",
        "x" * 10: "unreachable",
    }


@pytest.mark.parametrize("address", ["", "9000", "unix", "host:", ":9000", "127.0.0.1:http", "127.0.0.1:70000"])
def test_an_address_that_is_none_is_told(address):
    """Neither unix:PATH nor HOST:PORT."""
    with pytest.raises(FastcgiError, match="neither"):
        request(address, {}, timeout=1)


@pytest.mark.parametrize("name", ["PHP_VALUE", "PHP_ADMIN_VALUE", "php_value"])
def test_php_values_are_never_sent(name):
    """They would stay in the worker after the request."""
    with pytest.raises(ValueError, match="never sent"):
        encode_request({name: "opcache.enable=0"})


@given(
    st.dictionaries(st.text(max_size=200).filter(lambda n: not n.upper().startswith("PHP_")), st.binary(max_size=300))
)
def test_params_arrive_as_they_were_given(params):
    """Any name and value, as short or long lengths, also when they are not UTF-8."""
    given_params = {name: os.fsdecode(value) for name, value in params.items()}
    assert decode_params(encode_request(given_params)) == given_params


@pytest.mark.parametrize("size", [127, 128, 65534, 65535, 65536, 200_000])
def test_large_values_are_split_over_records(size):
    """The lengths around each border of the format."""
    assert decode_params(encode_request({"A": "v" * size, "B": "w"})) == {"A": "v" * size, "B": "w"}


@given(st.binary(max_size=5000), st.binary(max_size=300), st.data())
def test_records_cut_anywhere_give_the_same_answer(body, errors, data):
    """However the network cuts the stream, and however the peer cut it into records."""
    out = b"X-A: b\r\n\r\n" + body
    stream, at = b"", 0
    while at < len(out):
        size = data.draw(st.integers(1, 3000))
        stream += record(OUT, out[at : at + size], data.draw(st.integers(0, 255)))
        at += size
    stream += record(ERR, errors) + end() + b"what follows is not looked at"
    decoder, at = Decoder(), 0
    while at < len(stream):
        size = data.draw(st.integers(1, 4000))
        decoder.feed(stream[at : at + size])
        at += size
    assert decoder.ended == 0
    assert decoder.response() == Response(200, (("X-A", "b"),), body, errors)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_garbage_never_breaks_the_decoder(chunks):
    """Anything is either records, an error of ours, or still incomplete."""
    decoder = Decoder()
    try:
        for chunk in chunks:
            decoder.feed(chunk)
        decoder.response()
    except NotFastcgi:
        return


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=400), st.lists(st.builds(record, st.integers(0, 12), st.binary(max_size=50)))))
def test_a_peer_may_send_anything_over_a_real_socket(said):
    """Garbage and records in any order: an answer or a told error, never anything else."""
    data = said if isinstance(said, bytes) else b"".join(said)
    with listening(sending(data)) as address:
        try:
            assert isinstance(request(address, {"A": "b"}, timeout=2), Response)
        except FastcgiError as error:
            told = str(error)
            assert told
