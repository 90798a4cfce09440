"""Which locations send PHP settings with their requests, told apart without their values, which may be secrets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from liveproof.model.facts.nginx import FastcgiPass, Server

_STICKY = ("PHP_VALUE", "PHP_ADMIN_VALUE")  # php-src, sapi/fpm/fpm/fpm_main.c


def numbered(servers: Iterable[Server]) -> tuple[Server, ...]:
    """The servers, each location with the names of what it sends and a number that is the same for the same value."""
    known: dict[tuple[str, str], int] = {}
    return tuple(
        replace(server, passes=tuple(replace(one, php_settings=tuple(_told(one, known))) for one in server.passes))
        for server in servers
    )


def _told(one: FastcgiPass, known: dict[tuple[str, str], int]) -> Iterator[str]:
    for name, value in sorted((name, value) for name, value, _ in one.params if name in _STICKY):
        number = known.setdefault((name, value), sum(other == name for other, _ in known) + 1)
        yield f"{name} #{number}"
