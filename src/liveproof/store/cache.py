"""A cache of what earlier runs found: one JSON file per value in the state directory. Safe to delete.

A value is used only for the signature that it was kept with, by the version of liveproof that kept it, and only if it
has the shape that is asked for: a file that is damaged, foreign or of another version is as good as none.
"""

import json
import time
import zlib
from _blake2 import blake2b  # what hashlib.blake2b is, without loading OpenSSL, which takes a check 6 ms
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from liveproof import __version__
from liveproof.host.files.file_state import Inputs, State, state
from liveproof.host.files.reader import FileReader
from liveproof.model.codec import Misshapen, from_json, to_json
from liveproof.store import directory as state_directory
from liveproof.store import private_file

_T = TypeVar("_T")
_EVER = float("inf")


class Cache:
    """Values by name; without a directory (None, or one that cannot be used) nothing is remembered."""

    def __init__(self, directory: str | None) -> None:
        self._directory = directory

    def entry(self, name: str, *about: str) -> "Entry":
        """One remembered value: what it is, in a plain word, and of which app or pool, where there is one for each."""
        file = f"{name}-{zlib.crc32(repr(about).encode()):08x}" if about else name
        return Entry(f"{self._directory}/{file}.json" if self._directory is not None else "", about)


class Entry:
    """One value in the cache.

    A signature is what a value was made from, with a ``repr`` that is the same for the same; it is kept as a digest, so
    it may hold secrets. An empty one says that nothing may be remembered: see ``file_state.signature``.
    """

    def __init__(self, path: str, about: tuple[str, ...]) -> None:
        self.path = path
        self._about = about

    def recall(self, signature: object, kind: type[_T], max_age: float = _EVER) -> _T | None:
        """The value that was kept for this signature, not longer than ``max_age`` seconds ago; else None."""
        record = self._load(signature)
        return _shaped(record.get("value"), kind) if 0 <= time.time() - _made(record) < max_age else None

    def keep(self, signature: object, value: object, kind: Any = None) -> None:
        """Keep a value that JSON can carry (see ``codec``). Where the disk is full or read-only nothing is kept."""
        self._save(signature, {"value": to_json(value, kind)})

    def memoised(
        self,
        signature: object,
        compute: Callable[[], _T],
        kind: type[_T],
        *,
        keep: Callable[[_T], bool] = bool,
        max_age: float = _EVER,
    ) -> _T:
        """The remembered value, else what ``compute`` gives, which is remembered where ``keep`` allows it.

        Raises:
            Exception: what ``compute`` raises; then nothing is remembered.
        """
        found = self.recall(signature, kind, max_age)
        if found is None:
            found = compute()
            if keep(found):
                self.keep(signature, found, kind)
        return found

    def memoised_by_inputs(
        self,
        reader: FileReader,
        signature: object,
        compute: Callable[[], tuple[_T, Inputs]],
        kind: type[_T],
        *,
        keep: Callable[[_T, State], bool],
    ) -> tuple[_T, State]:
        """The same where only the computing shows which files the value depends on; also the state of these now."""
        record = self._load(signature)
        found, inputs = _shaped(record.get("value"), kind), _shaped(record.get("inputs"), Inputs)
        if found is not None and inputs is not None:
            current = state(reader, inputs)
            if _digest(current.text) == record.get("state"):
                return found, current
        started = reader.now()
        found, inputs = compute()
        current = state(reader, inputs)
        if current.settled(started) and keep(found, current):
            given = {"inputs": to_json(inputs), "state": _digest(current.text), "value": to_json(found, kind)}
            self._save(signature, given)
        return found, current

    def _load(self, signature: object) -> dict[str, Any]:
        if not self.path or not signature:
            return {}
        try:
            record = json.loads(private_file.read(self.path))
        except (OSError, ValueError, RecursionError):
            return {}
        is_ours = isinstance(record, dict) and record.get("signature") == self._signature(signature)
        return record if is_ours else {}

    def _save(self, signature: object, record: dict[str, Any]) -> None:
        if not self.path or not signature:
            return
        kept = {"signature": self._signature(signature), "made": time.time(), **record}
        with suppress(OSError):
            private_file.replace(self.path, json.dumps(kept))

    def _signature(self, signature: object) -> str:
        return _digest(repr((__version__, self._about, signature)))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _shaped(value: Any, kind: type[_T]) -> _T | None:
    try:
        return from_json(kind, value) if value is not None else None
    except (Misshapen, RecursionError):
        return None


def _made(record: dict[str, Any]) -> float:
    made = record.get("made")
    return made if isinstance(made, float) else -_EVER


def open_cache() -> Cache:
    """The cache of this host and user; one that keeps nothing where the state directory cannot be used."""
    try:
        state_directory.ensure(state_directory.directory())
        return Cache(state_directory.ensure(f"{state_directory.directory()}/cache"))
    except (OSError, state_directory.UnsafeState):
        return Cache(None)
