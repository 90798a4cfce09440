"""OPcache: let a pool drop named scripts from its memory, and hear from PHP that it did. Part of the writing door.

The one request to a pool that changes anything but counters. It runs liveproof's own root-owned script (host/php),
which drops nothing but what is named, by ``opcache_invalidate($path, true)``. A request that runs meanwhile could load
one file before and another after that; so every other worker is first given the same script, which waits there.
"""

import json
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.host.network.fastcgi import FastcgiError, HeldRequest, Response
from liveproof.host.php.probe import installed
from liveproof.host.php.probe_request import parameters, path_told, paths_asked
from liveproof.host.write.php_probe import put_in_place

_TIMEOUT = 5.0
_MOMENT = 1.0  # s for what takes a millisecond: visitors wait meanwhile
_HOLDS = b"liveproof holds "
_HELD = re.compile(rb"liveproof holds (\d+)\n")
_MARK = b'{"liveproof":1,'
_WORDS = {
    "restricted": "opcache.restrict_api keeps liveproof from OPcache",
    "disabled": "OPcache is off for its requests",
    "another cache": "its cache was started again since it was looked at",
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

    Args:
        address: the pool's socket as nginx writes it.
        paths: at most 50 real paths of scripts.
        generation: start and latest restart of the cache that is meant (epoch seconds); None for whichever there is.

    Raises:
        NotInvalidated: it could not.
    """
    try:
        response = fastcgi.request(address, _params(_named(paths, generation)), timeout=_TIMEOUT)
    except (CannotSee, FastcgiError) as error:
        raise NotInvalidated(str(error)) from None
    return _told(response)


class HeldWorkers:
    """Workers of PHP-FPM that run liveproof's script and wait there, so that they serve nobody.

    They wait no longer than this process lives, or until the end of the ``with``. Ctrl-Z waits as long.
    """

    def __init__(self) -> None:
        self._requests: list[HeldRequest] = []

    def __enter__(self) -> Self:
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
        return self

    def __exit__(self, *_: object) -> None:
        for request in self._requests:
            request.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)

    def ask_to_drop(self, address: str, paths: Sequence[str], generation: tuple[int, int] | None) -> None:
        """Let one worker look whether it can drop these scripts (as ``ask``), and wait right before it does.

        Raises:
            NotInvalidated: the pool cannot be asked.
        """
        self._hold(address, {**_named(paths, generation), "LIVEPROOF_DROP": "1", "CONTENT_LENGTH": "2"})

    def ask_to_wait(self, address: str) -> None:
        """Let one more worker of a pool wait.

        Raises:
            NotInvalidated: the pool cannot be asked.
        """
        self._hold(address, {"LIVEPROOF_HOLD": "1", "CONTENT_LENGTH": "2"})

    def _hold(self, address: str, asked: dict[str, str]) -> None:
        try:
            self._requests.append(HeldRequest(address, _params(asked), timeout=_MOMENT))
        except (CannotSee, FastcgiError) as error:
            raise NotInvalidated(str(error)) from None

    def pids(self, deadline: float) -> frozenset[int]:
        """The workers that wait by now; all that were asked, unless the deadline (monotonic) came first.

        Raises:
            NotInvalidated: one answered instead of waiting, and says why.
        """
        found = set()
        for request in self._requests:
            try:
                said = request.said(_HOLDS, max(0.001, deadline - time.monotonic()))
            except FastcgiError as error:
                if error.kind == "silent":
                    continue
                raise NotInvalidated(str(error)) from None
            match = _HELD.search(said)
            if not match:
                _told(request.answered(b"", _MOMENT))
                raise NotInvalidated("liveproof's script did not wait; does an auto_prepend_file end it?")
            found.add(int(match[1]))
        return frozenset(found)

    def drop(self) -> Told:
        """Let the worker that was asked to drop scripts do it; what is ``kept`` afterwards was not dropped, or is new.

        Raises:
            NotInvalidated: it did not do it, perhaps half-way.
        """
        try:
            return _told(self._requests[0].answered(b"go", _MOMENT))
        except FastcgiError as error:
            raise NotInvalidated(str(error)) from None


def _told(response: Response) -> Told:
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
        return Told((start, restart), tuple(map(path_told, told["kept"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotInvalidated("its answer was disturbed; does an auto_append_file print something?") from None


def _params(asked: dict[str, str]) -> dict[str, str]:
    put_in_place()
    return parameters(installed(), asked)


def _named(paths: Sequence[str], generation: tuple[int, int] | None) -> dict[str, str]:
    return {
        "LIVEPROOF_INVALIDATE": paths_asked(paths),
        "LIVEPROOF_GENERATION": "{} {}".format(*generation) if generation else "",
    }


def _described(problem: str) -> str:
    name, disabled, _ = problem.partition(" is disabled")
    if disabled:
        return f"disable_functions holds {name}"
    subject, colon, path = problem.partition(": ")
    return f"{path_told(path)} is {subject}" if colon and not subject.startswith("failed") else f"PHP {problem[:200]}"
