"""OPcache: let a pool drop named scripts from its memory, and hear from PHP that it did. Part of the writing door.

The one request to a pool that changes anything but counters. It runs liveproof's own root-owned script (host/php),
which drops nothing but what is named, by ``opcache_invalidate($path, true)``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.host.network.fastcgi import FastcgiError
from liveproof.host.php.probe import installed

_TIMEOUT = 5.0
_MARK = b'{"liveproof":1,'
_WORDS = {
    "restricted": "opcache.restrict_api keeps liveproof from OPcache",
    "disabled": "OPcache is off for its requests",
    "another cache": "its cache has begun anew since it was looked at",
    "opcache.preload": "opcache.preload is set: what PHP preloads only a reload compiles again",
    "opcache.file_cache": "opcache.file_cache is set: PHP keeps bytecode in files too",
    "opcache.file_cache_only": "opcache.file_cache_only is set: PHP keeps bytecode in files only",
    "restart": "its cache is about to restart",
    "full": "its cache has no room to compile these scripts again, and would restart in the middle of requests",
}


class NotInvalidated(Exception):
    """The pool did not do it, or was not heard to; the message is a clause about the pool."""


@dataclass(frozen=True, slots=True)
class Told:
    """What PHP said: start and latest restart of its cache, and which scripts it would still take from there."""

    generation: tuple[int, int]
    kept: tuple[str, ...]


def ask(address: str, paths: Sequence[str], generation: tuple[int, int] | None) -> Told:
    """Whether the pool could drop these scripts, which of them it has, and of which cache; changes nothing.

    Raises:
        NotInvalidated: it could not.
    """
    return _asked(address, paths, generation, drop=False)


def invalidate(address: str, paths: Sequence[str], generation: tuple[int, int] | None) -> Told:
    """Let the pool drop these scripts, all in one request; what is ``kept`` afterwards was not dropped, or is new.

    Args:
        address: the pool's socket as nginx writes it.
        paths: at most 50 real paths of scripts.
        generation: start and latest restart of the cache that is meant (epoch seconds); None for whichever there is.

    Raises:
        NotInvalidated: it did not do it, perhaps half-way.
    """
    return _asked(address, paths, generation, drop=True)


def _asked(address: str, paths: Sequence[str], generation: tuple[int, int] | None, *, drop: bool) -> Told:
    try:
        script = installed()
        response = fastcgi.request(address, _params(script, paths, generation, drop=drop), timeout=_TIMEOUT)
    except (CannotSee, FastcgiError) as error:
        raise NotInvalidated(str(error)) from None
    if response.status != 200:
        raise NotInvalidated(f"it answered {response.status} to liveproof's script")
    return parsed(response.body)


def parsed(body: bytes) -> Told:
    """What the script's answer says.

    Raises:
        NotInvalidated: it says why it was not done, or is no such answer.
    """
    try:
        told = json.loads(body[body.index(_MARK) :])
        problem = str(told["problem"])
        if problem:
            raise NotInvalidated(_WORDS.get(problem) or _described(problem))
        start, restart = map(int, told["generation"].split())
        return Told((start, restart), tuple(map(_path, told["kept"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotInvalidated("its answer was disturbed; does an auto_append_file print something?") from None


def _params(script: str, paths: Sequence[str], generation: tuple[int, int] | None, *, drop: bool) -> dict[str, str]:
    return {
        "GATEWAY_INTERFACE": "FastCGI/1.0",
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/liveproof",
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": "/liveproof",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "LIVEPROOF": "1",
        "LIVEPROOF_INVALIDATE": ",".join(path.encode(errors="surrogateescape").hex() for path in paths),
        "LIVEPROOF_GENERATION": "{} {}".format(*generation) if generation else "",
        "LIVEPROOF_DROP": "1" if drop else "0",
    }


def _described(problem: str) -> str:
    name, disabled, _ = problem.partition(" is disabled")
    if disabled:
        return f"disable_functions holds {name}"
    subject, colon, path = problem.partition(": ")
    return f"{_path(path)} is {subject}" if colon and not subject.startswith("failed") else f"PHP {problem[:200]}"


def _path(told: Any) -> str:
    """A path of the probe: one that is not UTF-8 comes as a NUL byte and hexadecimal digits."""
    if told.startswith("\0"):
        return bytes.fromhex(told[1:]).decode(errors="surrogateescape")
    return str(told)
