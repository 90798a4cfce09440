"""probes/laravel/routes.py: two route caches are compared route by route."""

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from liveproof.probes.laravel.routes import compare_routes

_NAME = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=16)


def cache(routes: list[tuple[str, str, str, str]]) -> bytes:
    """A route cache of (name, method, uri, uses)."""
    attributes = "".join(
        f"'{name}' => ['methods' => ['{method}', 'HEAD'], 'uri' => '{uri}',"
        f" 'action' => ['uses' => '{uses}', 'as' => '{name}']],"
        for name, method, uri, uses in routes
    )
    compiled = "".join(f"'/{uri}' => [[['_route' => '{name}'], null]]," for name, _, uri, _ in routes)
    both = f"['compiled' => [{compiled}], 'attributes' => [{attributes}]]"
    return f"<?php app('router')->setCompiledRoutes({both});".encode()


def closure(function: str, object_number: int = 1, key: bytes = b"", owner: str = "N") -> str:
    """A closure as laravel/serializable-closure stores it, signed where a key is given; quoted for PHP."""
    body = (
        f's:3:"use";a:0:{{}}s:8:"function";s:{len(function.encode())}:"{function}";s:5:"scope";N;s:4:"this";{owner};'
        f's:4:"self";s:32:"{object_number:032x}";'
    )
    native = f'O:46:"Laravel\\SerializableClosure\\Serializers\\Native":5:{{{body}}}'
    if not key:
        told = f'O:55:"Laravel\\SerializableClosure\\UnsignedSerializableClosure":1:{{s:12:"serializable";{native}}}'
    else:
        mark = base64.b64encode(hmac.new(key, native.encode(), hashlib.sha256).digest()).decode()
        signed = f's:12:"serializable";s:{len(native.encode())}:"{native}";s:4:"hash";s:44:"{mark}";'
        told = f'O:47:"Laravel\\SerializableClosure\\SerializableClosure":1:{{{signed}}}'
    return told.replace("\\", "\\\\").replace("'", "\\'")


@given(st.lists(_NAME, min_size=3, max_size=3, unique=True), st.lists(_NAME, min_size=3, max_size=3, unique=True))
def test_generated_names_do_not_count(one: list[str], other: list[str]) -> None:
    """Laravel makes up new names each time."""
    made = [[(f"generated::{name}", "GET", f"u{i}", "C") for i, name in enumerate(names)] for names in (one, other)]
    assert compare_routes(cache(made[0]), cache(made[1])) == compare_routes(b"", b"")


def test_a_new_route_is_named_as_people_name_it() -> None:
    """By its name, or by method and path where it has none."""
    old = [("generated::aaaaaaaaaaaaaaaa", "GET", "a", "C"), ("named", "POST", "b", "C")]
    new = [
        ("generated::bbbbbbbbbbbbbbbb", "GET", "new", "C"),
        ("generated::cccccccccccccccc", "GET", "a", "C"),
        *old[1:],
    ]
    assert compare_routes(cache(old), cache(new)).certain == ("GET /new",)


def test_two_routes_of_one_label_are_told_apart() -> None:
    """The same method and path twice is allowed."""
    twice = [("generated::aaaaaaaaaaaaaaaa", "GET", "a", "C"), ("generated::bbbbbbbbbbbbbbbb", "GET", "a", "D")]
    changed = [("generated::cccccccccccccccc", "GET", "a", "C"), ("generated::dddddddddddddddd", "GET", "a", "E")]
    assert compare_routes(cache(twice), cache(changed)).certain == ("GET /a (2)",)


def test_the_order_of_routes_counts() -> None:
    """The first that matches answers."""
    routes = [("a", "GET", "x", "C"), ("b", "GET", "y", "C")]
    assert compare_routes(cache(routes), cache(routes[::-1])).certain == ("the order of the routes",)


def test_a_closures_object_number_does_not_count() -> None:
    """It is another with each request."""
    one, other = ([("a", "GET", "x", closure("function () { return 'ä'; }", number))] for number in (1, 2))
    assert compare_routes(cache(one), cache(other)) == compare_routes(b"", b"")


def test_a_closures_code_counts() -> None:
    """Another function is another route."""
    one, other = ([("a", "GET", "x", closure(f"function () {{ return {n}; }}"))] for n in (1, 2))
    assert compare_routes(cache(one), cache(other)).certain == ("a",)


def test_a_closure_that_holds_something_else_is_uncertain() -> None:
    """Objects that it was made with may differ without meaning anything."""
    one, other = ([("a", "GET", "x", closure("function () {}", owner=f"i:{n}"))] for n in (1, 2))
    assert compare_routes(cache(one), cache(other)).uncertain == ("a",)


def test_a_closure_signed_with_another_key_is_stale() -> None:
    """Laravel refuses to run it."""
    live = cache([("a", "GET", "x", closure("function () {}", 1, b"old key"))])
    fresh = cache([("a", "GET", "x", closure("function () {}", 2, b"new key"))])
    assert compare_routes(live, fresh, "new key").certain == ("a",)
    assert compare_routes(live, fresh, "old key").certain == ()


def test_a_key_written_in_base64_is_decoded() -> None:
    """As Laravel does."""
    live = cache([("a", "GET", "x", closure("function () {}", 1, b"0123456789abcdef"))])
    fresh = cache([("a", "GET", "x", closure("function () {}", 2, b"0123456789abcdef"))])
    key = "base64:" + base64.b64encode(b"0123456789abcdef").decode()
    assert compare_routes(live, fresh, key) == compare_routes(b"", b"")


def test_an_old_serialised_cache_is_compared_as_text() -> None:
    """Laravel 6 stores one text."""
    assert compare_routes(b"<?php x->setRoutes('YTo=');", b"<?php x->setRoutes('YTo=');").certain == ()
    assert compare_routes(b"<?php x->setRoutes('YTo=');", b"<?php x->setRoutes('YTp=');").certain == ("the routes",)
