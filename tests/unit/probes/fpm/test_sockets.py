"""Sockets on this very machine: who listens, who waits, and whether another user gets through."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.network.connect import CONNECTED, FULL, attempts
from liveproof.host.network.socket_tables import parse_tcp, parse_unix, tcp_sockets, unix_sockets
from liveproof.host.process.command import Identity
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Socket
from liveproof.probes.fpm.load import Subject, load
from liveproof.probes.fpm.sockets import Sockets

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
US = Identity(os.geteuid(), os.getegid(), tuple(os.getgroups()))
NOBODY = Identity(65534, 65534, (65534,))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[socket.socket]:
    """A unix socket with room for three, whose directory everybody may search."""
    tmp_path.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"{tmp_path}/s")
        one.listen(2)
        yield one


def client(server: socket.socket) -> socket.socket:
    one = socket.socket(server.family)
    one.connect(server.getsockname())
    return one


def test_who_listens_and_who_waits(server: socket.socket) -> None:
    """The listener is bound to the very file; a connection waits until it is accepted, and is held then."""
    path = server.getsockname()
    with client(server), client(server):
        (one,) = (each for each in unix_sockets().listeners if each.path == path)
        seen = os.stat(path)
        assert (one.file, one.inode) == ((seen.st_dev, seen.st_ino), os.fstat(server.fileno()).st_ino)
        assert one.waiting == 2
        assert unix_sockets().held(path) == frozenset()
        accepted, _ = server.accept()
        with accepted:
            (one,) = (each for each in unix_sockets().listeners if each.path == path)
            assert one.waiting == 1
            assert unix_sockets().held(path) == {os.fstat(accepted.fileno()).st_ino}


def test_listeners_without_sock_diag(server: socket.socket) -> None:
    """The kernel's table tells the same listeners, though not their files."""
    path = server.getsockname()
    with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as file:
        told = parse_unix(file.read())
    (one,) = (each for each in told.listeners if each.path == path)
    assert (one.file, one.waiting, one.inode) == (None, -1, os.fstat(server.fileno()).st_ino)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_tcp_listeners(family: socket.AddressFamily) -> None:
    """Address, port, and who waits there."""
    with socket.socket(family) as server:
        try:
            server.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        except OSError as error:
            pytest.skip(f"this machine has no such address: {error}")
        server.listen(4)
        address, port = server.getsockname()[:2]
        with client(server):
            (one,) = (each for each in tcp_sockets().listeners if each.port == port)
            assert (one.address, one.waiting) == (address, 1)
            accepted, _ = server.accept()
            with accepted:
                assert os.fstat(accepted.fileno()).st_ino in tcp_sockets().held(port)


@pytest.mark.parametrize("text", ["", "head\n", "head\nshort line\n", "head\n" + "x " * 20 + "\n"])
def test_tables_that_are_no_tables(text: str) -> None:
    """Lines of another shape are passed over."""
    assert parse_unix(text).listeners == ()
    assert parse_tcp(text).listeners == ()


def test_attempts(server: socket.socket, tmp_path: Path) -> None:
    """Every way an attempt can end, from one connection of ours each."""
    path = server.getsockname()
    (tmp_path / "file").touch()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{tmp_path}/dead")
    wanted = [f"unix:{path}", f"unix:{tmp_path}/dead", f"unix:{tmp_path}/none", f"unix:{tmp_path}/file"]
    assert list(attempts(wanted, US).values()) == [CONNECTED, "ECONNREFUSED", "ENOENT", "ECONNREFUSED"]
    with client(server), client(server):
        assert attempts([f"unix:{path}"], US) == {f"unix:{path}": FULL}
    odd = attempts(["unix:" + "x" * 300, "127.0.0.1:1", "127.0.0.1:99999", "nonsense"], US)
    assert odd["127.0.0.1:1"] == "ECONNREFUSED"
    assert CONNECTED not in odd.values()


@root
@pytest.mark.parametrize(("mode", "answer"), [(0o600, "EACCES"), (0o660, "EACCES"), (0o666, CONNECTED)])
def test_attempts_as_another_user(server: socket.socket, mode: int, answer: str) -> None:
    """The mode of the socket decides whether that user gets through."""
    path = server.getsockname()
    os.chmod(path, mode)
    for parent in Path(path).parents:
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(0o755)
    assert attempts([f"unix:{path}"], NOBODY) == {f"unix:{path}": answer}


@root
def test_attempts_in_a_process_that_is_gone(server: socket.socket) -> None:
    """Its view is lost, and nothing is claimed."""
    with pytest.raises(CannotSee, match="ended"):
        attempts([f"unix:{server.getsockname()}"], NOBODY, 2**22 + 1)


def _socket(path: str, answers: dict[str, str]) -> Socket:
    seen = Sockets(Reader(), 0, answers).of(f"unix:{path}", os.getpid())
    assert isinstance(seen, Socket)
    return seen


def test_a_socket_as_it_should_be(server: socket.socket, tmp_path: Path) -> None:
    """It exists, we listen behind it, and a link to it leads there."""
    path = server.getsockname()
    (tmp_path / "link").symlink_to(path)
    seen = _socket(f"{tmp_path}/link", {f"unix:{tmp_path}/link": CONNECTED})
    assert (seen.exists, seen.listening, seen.orphaned, seen.web_server_connects, seen.path) == (
        True,
        True,
        False,
        True,
        path,
    )


def test_a_socket_whose_file_is_gone(server: socket.socket) -> None:
    """The master still listens under that name, but nobody can reach it: only a restart helps."""
    path = server.getsockname()
    os.unlink(path)
    seen = _socket(path, {f"unix:{path}": "ENOENT"})
    assert (seen.exists, seen.listening, seen.orphaned, seen.web_server_connects) == (False, False, True, False)


def test_a_socket_whose_file_was_replaced(server: socket.socket) -> None:
    """Another file under the same name is not the master's socket."""
    path = server.getsockname()
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        seen = _socket(path, {f"unix:{path}": "ECONNREFUSED"})
        assert (seen.exists, seen.listening, seen.orphaned, seen.refusal) == (True, False, True, "connection refused")


def test_a_file_that_is_no_socket(tmp_path: Path) -> None:
    """Something stands there, and nobody listens."""
    (tmp_path / "s").touch()
    seen = _socket(f"{tmp_path}/s", {})
    assert (seen.exists, seen.listening, seen.orphaned) == (True, False, False)


def test_whether_a_process_really_listens_there(server: socket.socket) -> None:
    """A title is no proof; the socket in the process's hands is."""
    sockets = Sockets(Reader(), 0, {})
    address = f"unix:{server.getsockname()}"
    assert sockets.holds(os.getpid(), address)
    assert not sockets.holds(os.getppid(), address)
    assert not sockets.holds(os.getpid(), "unix:/run/other")


def test_a_pool_that_is_not_full_is_looked_at_once(server: socket.socket) -> None:
    """No time is spent on a pool with fewer workers than it may have."""
    path = server.getsockname()
    sockets = Sockets(Reader(), 0, {})
    seen = sockets.of(f"unix:{path}", os.getpid())
    assert isinstance(seen, Socket)
    with client(server):
        sockets.forget()
        told = load(Reader(), sockets, Subject(os.getpid(), "www", f"unix:{path}", seen, 5, 0), 2)
        assert (told.processes, told.waiting, told.seconds) == (2, 1, 0)
        told = load(Reader(), sockets, Subject(os.getpid(), "www", f"unix:{path}", seen, 5, 1), 2)
        assert told.waiting == 0, "our own connection does not count"
