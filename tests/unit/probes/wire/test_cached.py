"""What nginx may have answered from its cache proves nothing of the app, unless the app says the same."""

from dataclasses import replace
from typing import Any

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import AnswerCache, Nginx, Server
from liveproof.model.facts.wire import Exchange
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Request
from liveproof.probes.nginx import _parse, configuration, directives
from liveproof.probes.wire.cached import asking_the_app, beside_own, may_be_cached
from liveproof.probes.wire.judged import judge
from liveproof.probes.wire.target import fronts, targets
from tests.golden.filled import filled
from tests.unit.probes.wire.test_wire import EXCHANGE

CACHE = AnswerCache("pages", "$scheme$host$request_uri")


def caches(text: str) -> list[AnswerCache | None]:
    tree = directives.load("/n.conf", _parse, lambda _: text, lambda _: ())
    return [one.cache for server in configuration.configuration(tree, "/etc/nginx").servers for one in server.passes]


def test_the_cache_in_force_at_a_location() -> None:
    """Each directive is inherited by itself; `off` ends it; a variable that is set once is known."""
    text = """http { fastcgi_cache_key $request_uri; fastcgi_ignore_headers Set-Cookie;
        server { fastcgi_cache pages; fastcgi_cache_methods GET HEAD POST; set $k "$host$uri";
            location /a { fastcgi_pass unix:/p; }
            location /b { fastcgi_pass unix:/p; fastcgi_cache off; }
            location /c { fastcgi_pass unix:/p; fastcgi_cache_key $k; fastcgi_ignore_headers Expires; } }
        server { location / { fastcgi_pass unix:/p; } } }"""
    assert caches(text) == [
        AnswerCache("pages", "$request_uri", ("POST",), True),
        None,
        AnswerCache("pages", "$host$uri", ("POST",), False),
        None,
    ]


@pytest.mark.parametrize(
    ("key", "by_query"),
    [
        ("$scheme$request_method$host$request_uri", True), ("$host$uri$is_args$args", True), ("${host}${args}", True),
        ("$uri?$query_string", True), ("$host$uri", False), ("", False), ("$host$document_uri$arg_page", False),
    ],
)  # fmt: skip
def test_whether_a_query_reaches_the_app(key: str, by_query: bool) -> None:
    """Only where the whole query is part of the key."""
    assert AnswerCache("z", key).by_query is by_query


@pytest.mark.parametrize(
    ("cache", "method", "headers", "expected"),
    [
        (None, "GET", {}, False), (CACHE, "GET", {}, True), (CACHE, "HEAD", {}, True), (CACHE, "POST", {}, False),
        (replace(CACHE, methods=("POST",)), "POST", {}, True), (CACHE, "GET", {"Set-Cookie": "a=b"}, False),
        (replace(CACHE, cookies=True), "GET", {"Set-Cookie": "a=b"}, True), (CACHE, "GET", {"X-Cache": "MISS"}, False),
        (CACHE, "GET", {"X-FastCGI-Cache": "BYPASS"}, False), (CACHE, "GET", {"X-Cache-Status": "HIT"}, True),
        (CACHE, "GET", {"X-Cache": "HIT", "Set-Cookie": "a=b"}, True), (CACHE, "GET", {"Cache-Control": "x"}, True),
    ],
)  # fmt: skip
def test_which_answers_may_be_kept_ones(
    cache: AnswerCache | None, method: str, headers: dict[str, str], expected: bool
) -> None:
    """nginx keeps no answer that sets a cookie, and tells by a header what it did where somebody made it."""
    assert may_be_cached(cache, Request(method=method), tuple(headers.items())) is expected


def test_the_query_that_no_cache_knows() -> None:
    """It comes after one that is there."""
    assert asking_the_app(Request("/a"), "m").path == "/a?liveproof=m"
    assert asking_the_app(Request("/a?b=c"), "m").path == "/a?b=c&liveproof=m"


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (None, "was not asked"), ((replace(EXCHANGE, status=0), b""), "was not asked"), ((EXCHANGE, b"old"), None),
        ((EXCHANGE, b"new"), "is not what the app itself answers now"),
        ((replace(EXCHANGE, status=500), b"old"), "visitors get 200, the app itself answers 500"),
    ],
)  # fmt: skip
def test_a_kept_answer_beside_the_apps_own(own: tuple[Exchange, bytes] | None, words: str | None) -> None:
    """Proven only where both are alike."""
    judged = beside_own(EXCHANGE, b"old", CACHE, own).passed
    assert judged is True if words is None else isinstance(judged, Unknown) and words in judged.reason


@pytest.mark.parametrize(
    ("changes", "proven"),
    [
        ({}, False), ({"status": 204}, True), ({"status": 302}, True), ({"expected_status": 200}, True),
        ({"method": "HEAD"}, True), ({"way": "pool"}, False),
    ],
)  # fmt: skip
def test_an_empty_page_with_200_is_no_right_answer(changes: dict[str, Any], proven: bool) -> None:
    """No content and redirects are empty by nature; a status that somebody configured is what they want."""
    for body in (b"", b" \n"):
        for configured in (True, False):
            judged = judge(replace(EXCHANGE, **changes), body, configured=configured)
            assert judged is True if proven else isinstance(judged, Unknown)


def servers(text: str) -> tuple[Server, ...]:
    tree = directives.load("/n.conf", _parse, lambda _: text, lambda _: ())
    return configuration.configuration(tree, "/etc/nginx").servers


def test_what_a_proxy_hands_on() -> None:
    """Addresses as a listen directive has them, and the cache in force, whose key has a default."""
    (server,) = servers("""http { upstream u { server 127.0.0.1:81; server b; } proxy_ignore_headers Set-Cookie;
        server { proxy_cache z; set $b http://127.0.0.1:82;
            location / { proxy_pass http://u; } location = /a { proxy_pass $b; proxy_cache off; }
            location ~ b { proxy_pass https://h/x; proxy_cache_key $uri; proxy_ignore_headers Vary; }
            location /c { proxy_pass http://unix:/run/c.sock:/; } location /d { proxy_pass http://$host; } } }""")
    default = AnswerCache("z", "$scheme$proxy_host$uri$is_args$args", (), cookies=True, directive="proxy_cache")
    assert [(one.location, one.addresses, one.cache) for one in server.proxies] == [
        ("/", ("127.0.0.1:81", "b:80"), default),
        ("= /a", ("127.0.0.1:82",), None),
        ("~ b", ("h:443",), replace(default, key="$uri", cookies=False)),
        ("/c", ("unix:/run/c.sock",), default),
        ("/d", (), default),
    ]
    assert default.by_query


FRONT = """http {{ server {{ listen 80; server_name www.x; {front} }}
    server {{ listen 8080; server_name {name}; root /x; location / {{ fastcgi_pass unix:/p; }} }}
    server {{ listen 8080 default_server; server_name other; root /y; location / {{ fastcgi_pass unix:/q; }} }}
    server {{ listen unix:/s; root /z; location / {{ fastcgi_pass unix:/p; }} }} }}"""
CACHED = "location / { proxy_pass http://127.0.0.1:8080; proxy_cache z; }"


@pytest.mark.parametrize(
    ("front", "name", "ours", "expected"),
    [
        (CACHED, "www.x", 1, "www.x"), (CACHED, "x", 2, "www.x"), (CACHED, "x", 1, None), (CACHED, "www.x", 2, None),
        ("location / { proxy_pass http://localhost:8080; }", "www.x", 1, None),
        ("location ~ js { proxy_pass http://localhost:8080; proxy_cache z; }", "www.x", 1, None),
        ("location / { proxy_pass http://10.0.0.1:8080; proxy_cache z; }", "www.x", 1, None),
        ("location / { proxy_pass http://unix:/s:; proxy_cache z; }", "www.x", 3, "www.x"),
    ],
)  # fmt: skip
def test_the_proxy_before_the_apps_own_server_block(front: str, name: str, ours: int, expected: str | None) -> None:
    """By address, port and host, as nginx chooses a server block; it is asked as visitors ask it."""
    blocks = servers(FRONT.format(front=front, name=name))
    nginx = filled(Nginx, servers=blocks)
    app = filled(App, path="/x", real="/x", servers=(blocks[ours].id,))
    found = targets(Reader(), app, nginx, Absent("no PHP-FPM"))
    before = fronts(found, app, nginx)
    assert [target.host for target in before] == ([expected] if expected else [])
    for target in before:
        assert target.address == "127.0.0.1:80"
        assert target.through.cache is not None
        assert target.through.cache.directive == "proxy_cache"
