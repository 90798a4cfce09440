"""Which server block answers for a name."""

import pytest

from liveproof.analysis.web.server_names import answering, is_default, matches
from liveproof.model.facts.nginx import Listen, Nginx, Server

HTTP = Listen("*", 80, tls=False, default=False)
DEFAULT = Listen("*", 80, tls=False, default=True)
TLS = Listen("*", 443, tls=True, default=False)


def _server(line: int, *names: str, listens: tuple[Listen, ...] = (HTTP,)) -> Server:
    return Server("/s", line, names, listens, "/x", (), (), "", "")


def _nginx(*servers: Server) -> Nginx:
    return Nginx("", "", "", True, (), (), "www-data", 33, 33, (33,), servers, None, "")


@pytest.mark.parametrize(
    ("name", "host", "taken"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "www.shop.example", False),
        ("*.shop.example", "www.shop.example", True),
        ("*.shop.example", "shop.example", False),
        (".shop.example", "shop.example", True),
        (".shop.example", "www.shop.example", True),
        ("shop.*", "shop.example", True),
        ("shop.*", "eshop.example", False),
    ],
)
def test_names_and_wildcards(name: str, host: str, taken: bool) -> None:
    """As nginx.org tells of server_name."""
    assert matches(name, host) is taken


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        # The first of two with one name, whatever the capitals; the second is ignored.
        ((_server(1, "Shop.example"), _server(2, "shop.example")), 1),
        # Another name, another port, or a block without a name takes nothing away.
        ((_server(1, "old.example"), _server(2, "shop.example")), 2),
        ((_server(1, "shop.example", listens=(TLS,)), _server(2, "shop.example")), 2),
        ((_server(1, "_", listens=(DEFAULT,)), _server(2, "shop.example")), 2),
        # Without a listen directive nginx listens on port 80.
        ((_server(1, "shop.example", listens=()), _server(2, "shop.example")), 1),
        # One that has no name answers where it is the default, or the first.
        ((_server(1, "old.example"), _server(2, "_")), 1),
        ((_server(1, "old.example"), _server(2, "_", listens=(DEFAULT,))), 2),
        ((_server(1), _server(2, "")), 1),
    ],
)
def test_who_answers(servers: tuple[Server, ...], expected: int) -> None:
    """For the second block's name, on the address that it listens on."""
    ((_, _, winner),) = answering(_nginx(*servers), servers[1])
    assert winner.line == expected


def test_the_default_of_an_address() -> None:
    """The block that says so, else the first."""
    first, said = _server(1, "a.example"), _server(2, "b.example", listens=(DEFAULT,))
    assert not is_default(first, HTTP, _nginx(first, said))
    assert is_default(said, HTTP, _nginx(first, said))
    assert is_default(first, HTTP, _nginx(first, _server(2, "b.example")))
