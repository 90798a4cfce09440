"""When each monitor of `liveproof watch` was done last, for the next start of it."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress

from liveproof.store import directory as state_directory

_LIMIT = 64 * 1024


def load() -> dict[str, float]:
    """Epoch seconds by monitor; empty where nothing is kept or it cannot be read."""
    try:
        with open(_path(), encoding="utf-8", opener=_without_waiting) as file:
            found = json.loads(file.read(_LIMIT))
        return {name: float(at) for name, at in found["last"].items() if isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save(last: Mapping[str, float]) -> None:
    """Keep them; where that cannot be done, a monitor is done again after the next start."""
    path = _path()
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError, state_directory.UnsafeState):
        state_directory.ensure(state_directory.directory())
        with open(temporary, "w", encoding="utf-8", opener=_private) as file:
            json.dump({"last": dict(last)}, file)
        os.replace(temporary, path)


def _path() -> str:
    return f"{state_directory.directory()}/watch.json"


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
