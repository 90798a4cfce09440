"""Compare two route caches (``routes-v7.php``), of which no two are the same text although the routes are.

Laravel names each route that has no name ``generated::`` and sixteen random characters again, and a closure is stored
with the number of an object in memory.
"""

import base64
import os
import re
from collections.abc import Iterator

from liveproof.host.numbers import whole
from liveproof.model.dataclass import dataclass
from liveproof.probes.laravel.phparray import Key, Unreadable, Value, read_array

_GENERATED = re.compile(rb"generated::[A-Za-z0-9]{16}")
_SELF = re.compile(rb's:4:"self";s:32:"[0-9a-f]{32}"')
_HASH = re.compile(rb's:4:"hash";s:44:"([A-Za-z0-9+/=]{44})"')
_SERIALIZED = re.compile(rb's:12:"serializable";s:(\d+):"')
_CLOSURE = "SerializableClosure"
_FUNCTION = re.compile(rb's:8:"function";s:(\d+):"')


@dataclass(frozen=True, slots=True)
class RouteDifferences:
    """Routes that differ for certain, and those whose closure could not be compared."""

    certain: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


def compare_routes(live: bytes, fresh: bytes, key: str = "") -> RouteDifferences:
    """Where the routes of two caches differ; ``key`` is the application's key, which signs closures in Laravel 8.

    Raises:
        Unreadable: the fresh one is no route cache that liveproof knows.
    """
    if _renamed(live) == _renamed(fresh):
        return RouteDifferences()
    if b"setRoutes(" in fresh:  # Laravel 6 and older: one serialised text, the same for the same routes
        return RouteDifferences(("the routes",))
    wanted = _routes(read_array(fresh))
    try:
        there = _routes(read_array(live))
    except Unreadable as error:
        return RouteDifferences((f"the whole file: {error}",))
    certain, uncertain = [], []
    for label in {**there.by_label, **wanted.by_label}:
        verdict = _same(there.by_label.get(label), wanted.by_label.get(label), key)
        if verdict is None:
            uncertain.append(label)
        elif not verdict:
            certain.append(label)
    if not certain and not uncertain:
        if list(there.by_label) != list(wanted.by_label):
            certain.append("the order of the routes")
        elif there.matcher != wanted.matcher:
            certain.append("the compiled patterns")
    return RouteDifferences(tuple(certain), tuple(uncertain))


def _renamed(content: bytes) -> bytes:
    """The text with its random names numbered in the order in which they first appear."""
    numbers: dict[bytes, bytes] = {}
    return _GENERATED.sub(lambda found: numbers.setdefault(found[0], b"generated::%d" % len(numbers)), content)


@dataclass(frozen=True, slots=True)
class _Routes:
    by_label: dict[str, Value]
    matcher: Value


def _routes(cache: dict[Key, Value]) -> _Routes:
    attributes, matcher = cache.get("attributes"), cache.get("compiled")
    if not isinstance(attributes, dict):
        raise Unreadable("it holds no routes")
    labels: dict[str, str] = {}
    times: dict[str, int] = {}
    for name, route in attributes.items():
        label = _label(route) if str(name).startswith("generated::") else str(name)
        times[label] = times.get(label, 0) + 1
        labels[str(name)] = f"{label} ({times[label]})" if times[label] > 1 else label
    by_label = {labels[str(name)]: _relabelled(route, labels) for name, route in attributes.items()}
    return _Routes(by_label, _relabelled(matcher, labels))


def _label(route: Value) -> str:
    """``GET /path``, as a person names a route without a name."""
    if not isinstance(route, dict):
        return "a route"
    methods, action = route.get("methods"), route.get("action")
    verbs = "|".join(str(verb) for verb in methods.values() if verb != "HEAD") if isinstance(methods, dict) else ""
    domain = action.get("domain") if isinstance(action, dict) else None
    return f"{verbs} {domain or ''}/{str(route.get('uri', '')).lstrip('/')}"


def _relabelled(value: Value, labels: dict[str, str]) -> Value:
    if isinstance(value, dict):
        return {
            labels.get(key, key) if isinstance(key, str) else key: _relabelled(item, labels)
            for key, item in value.items()
        }
    return labels.get(value, value) if isinstance(value, str) else value


def _same(live: Value, fresh: Value, key: str) -> bool | None:
    """Whether two routes are the same; None when only what a closure holds differs."""
    if live == fresh:
        return True
    if live is None or fresh is None:
        return False
    unsure = False
    for one, other in _leaves(live, fresh):
        if one == other:
            continue
        if not (isinstance(one, str) and isinstance(other, str) and _CLOSURE in one and _CLOSURE in other):
            return False
        verdict = _same_closure(one, other, key)
        if verdict is False:
            return False
        unsure = unsure or verdict is None
    return None if unsure else True


def _leaves(one: Value, other: Value) -> Iterator[tuple[Value, Value]]:
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for key in one:
            yield from _leaves(one[key], other[key])
    else:
        yield one, other


def _same_closure(one: str, other: str, key: str) -> bool | None:
    live, fresh = os.fsencode(one), os.fsencode(other)  # lengths in serialised text count bytes
    if _function(live) != _function(fresh):
        return False
    if _HASH.search(live) and not _signed(live, key):
        return False if key else None
    return True if _stable(live) == _stable(fresh) else None


def _stable(closure: bytes) -> bytes:
    return _HASH.sub(b"", _SELF.sub(b"", closure))


def _function(closure: bytes) -> bytes:
    found = _FUNCTION.search(closure)
    return closure[found.end() : found.end() + _length(found)] if found else closure


def _length(found: re.Match[bytes]) -> int:
    return whole(found[1].decode("ascii", "replace")) or 0


def _signed(closure: bytes, key: str) -> bool:
    """Whether the closure's signature is one of ``key``: else Laravel refuses to run it."""
    import hmac  # noqa: PLC0415  (loads OpenSSL: 6 ms; only routes that changed ask)

    found, mark = _SERIALIZED.search(closure), _HASH.search(closure)
    if not found or not mark:
        return False
    secret = base64.b64decode(key.removeprefix("base64:")) if key.startswith("base64:") else key.encode()
    digest = hmac.digest(secret, closure[found.end() : found.end() + _length(found)], "sha256")
    return base64.b64encode(digest) == mark[1]
