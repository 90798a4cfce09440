"""A cache of what earlier runs saw: small JSON values by name, kept in the state directory. Safe to delete.

A value is used only together with the signature of what it was made from.
"""

import json
import os
from typing import Any

from liveproof.store import directory as state


class Cache:
    """Remembered values; without a directory (None, or one that cannot be used) nothing is remembered."""

    def __init__(self, directory: str | None) -> None:
        self._directory = directory

    def recall(self, name: str, signature: str) -> Any | None:
        """The value kept under ``name`` if it was made from ``signature``, else None."""
        if self._directory is None:
            return None
        try:
            with open(f"{self._directory}/{name}.json", encoding="utf-8", opener=_waiting_for_nobody) as file:
                collected = json.load(file)
        except (OSError, ValueError, RecursionError):
            return None
        return collected["value"] if isinstance(collected, dict) and collected.get("signature") == signature else None

    def keep(self, name: str, signature: str, value: Any) -> None:
        """Keep a JSON value; a name is a plain word. A full or read-only disk is no error: it is just not kept."""
        if self._directory is None:
            return
        target = f"{self._directory}/{name}.json"
        temporary = f"{target}.{os.getpid()}"
        try:
            with open(temporary, "w", encoding="utf-8", opener=_private) as file:
                json.dump({"signature": signature, "value": value}, file)
            os.replace(temporary, target)
        except OSError:
            try:
                os.unlink(temporary)
            except OSError:
                return


def _waiting_for_nobody(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def open_cache() -> Cache:
    """The cache of this host and user; one that keeps nothing where the state directory cannot be used."""
    try:
        state.ensure(state.directory())
        return Cache(state.ensure(f"{state.directory()}/cache"))
    except (OSError, state.UnsafeState):
        return Cache(None)
