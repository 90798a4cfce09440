"""When each monitor of `liveproof watch` was done last, for the next start of it."""

import json
from collections.abc import Mapping
from contextlib import suppress

from liveproof.store import directory as state_directory
from liveproof.store import private_file

_LIMIT = 64 * 1024


def load() -> dict[str, float]:
    """Epoch seconds by monitor; empty where nothing is kept or it cannot be read."""
    try:
        found = json.loads(private_file.read(_path(), _LIMIT))
        return {name: float(at) for name, at in found["last"].items() if isinstance(name, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save(last: Mapping[str, float]) -> None:
    """Keep them; where that cannot be done, a monitor is done again after the next start."""
    with suppress(OSError, state_directory.UnsafeState):
        state_directory.ensure(state_directory.directory())
        private_file.replace(_path(), json.dumps({"last": dict(last)}))


def _path() -> str:
    return f"{state_directory.directory()}/watch.json"
