"""Where two arrays differ, told as dotted keys; a value never appears."""

from collections.abc import Iterator

from liveproof.model.secrets import harmless_key
from liveproof.probes.laravel.phparray import Key, Value

NAMED = 40


def differences(live: dict[Key, Value], fresh: dict[Key, Value], prefix: str = "") -> Iterator[str]:
    """Dotted keys whose values differ, that one side lacks, or (``x (order)``) that stand in another order."""
    for key in {**live, **fresh}:
        name = f"{prefix}{key}"
        if key not in live or key not in fresh:
            yield name
            continue
        one, other = live[key], fresh[key]
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differences(one, other, f"{name}.")
        elif type(one) is not type(other) or one != other:
            yield name
    if live.keys() == fresh.keys() and list(live) != list(fresh):
        yield f"{prefix.removesuffix('.') or 'top level'} (order)"


def lost(live: dict[Key, Value], fresh: dict[Key, Value], prefix: str = "") -> Iterator[str]:
    """Dotted keys that have a value in the live array and null or an empty text in the fresh one.

    So it looks when the live one was made with variables that are not in ``.env`` (those of a deploy's own shell).
    """
    for key, value in live.items():
        other = fresh.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            yield from lost(value, other, f"{prefix}{key}.")
        elif key in fresh and value not in (None, "", False) and other in (None, ""):
            yield f"{prefix}{key}"


def printable(names: Iterator[str] | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """At most ``NAMED`` names, each one printable line without secrets, and how many more there are."""
    told = ["".join(c if c.isprintable() else "�" for c in _told(name))[:200] for name in names]
    more = len(told) - NAMED
    return (*told[:NAMED], f"and {more} more") if more > 0 else tuple(told)


def _told(name: str) -> str:
    """A dotted name as it may be told: a key that looks like a token names nothing, it is one."""
    plain = name.removesuffix(" (order)")
    return ".".join(map(harmless_key, plain.split("."))) + name[len(plain) :]
