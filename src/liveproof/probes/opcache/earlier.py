"""What earlier runs had proven of a pool's scripts, and what this one adds.

A run that proves a script fresh keeps a digest of its file. As long as nothing was compiled anew since, a later run can
tell by the content whether an owner's change or a ``touch`` moved only the file's times, or whether an edit kept them.

Nothing was compiled anew when the wasted memory is the same (both ways to replace a script, invalidation and a newer
file, add its size to it: ext/opcache/ZendAccelerator.c), the recorded time is the same, and the hits did not fall.
"""

import zlib
from collections.abc import Mapping
from typing import Any

from liveproof.analysis.freshness import State, compiled_by, freshness, invalidated
from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.store.cache import Cache

_BUDGET = 0.5  # s of reading per run; the rest is read by the next one
_FILE_LIMIT = 4 * 1024 * 1024

# path: digest (empty when not proven), mtime_ns, ctime_ns, recorded time, hits, compiled by
_Kept = Mapping[str, list[Any]]


class Earlier:
    """What is remembered of one pool's cache; ``signature`` names this very cache, ``wasted`` its wasted memory."""

    def __init__(self, reader: Reader, cache: Cache, app: App, pool: str, *, signature: str, wasted: int) -> None:
        self._reader, self._cache = reader, cache
        self._name = f"opcache-{zlib.crc32(f'{pool} {app.path}'.encode(errors='surrogateescape')):08x}"
        self._signature = f"1 {pool} {app.path} {signature}"
        self._wasted = wasted
        self._until = 0.0
        recalled = cache.recall(self._name, self._signature) or {}
        self._before: _Kept = recalled.get("scripts", {})
        self._same_cache = recalled.get("wasted") == wasted

    def of(self, path: str, timestamp: int, hits: int, mtime_ns: int, ctime_ns: int) -> tuple[int, bool | None]:
        """By when the script had been compiled (0: not known), and whether its file's content is what was compiled."""
        kept = self._valid(path, timestamp, hits)
        if kept is None:
            return 0, None
        if not kept[0] or not ctime_ns:
            return kept[5], None
        if kept[1] == mtime_ns and kept[2] == ctime_ns:
            return kept[5], True
        digest = self._read(path, mtime_ns, ctime_ns)
        return kept[5], digest == kept[0] if digest else None

    def keep(self, pool: PoolOpcache) -> None:
        """Keep what this run proves; what is kept already and still holds stays as it is."""
        keeping = {script.path: self._keep(pool, script) for script in pool.scripts}
        if keeping != self._before or not self._same_cache:
            self._cache.keep(self._name, self._signature, {"wasted": self._wasted, "scripts": keeping})

    def _valid(self, path: str, timestamp: int, hits: int) -> list[Any] | None:
        kept = self._before.get(path) if self._same_cache else None
        return kept if kept is not None and kept[3] == timestamp and hits >= kept[4] else None

    def _keep(self, pool: PoolOpcache, script: Script) -> list[Any]:
        kept = self._valid(script.path, script.timestamp, script.hits)
        if kept is not None:
            if script.same:
                return kept if kept[2] == script.ctime_ns else [kept[0], script.mtime_ns, script.ctime_ns, *kept[3:]]
            if script.same is False:
                return kept
        fresh = freshness(pool, script, pool.now).state is State.FRESH and _compiled_as_is(pool, script)
        digest = self._digest(script) if fresh else ""
        if kept is not None and not digest:
            return kept
        by = kept[5] if kept is not None else int(compiled_by(script))
        return [digest, script.mtime_ns, script.ctime_ns, script.timestamp, script.hits, by]

    def _digest(self, script: Script) -> str:
        """The digest of the file; one with the times that it had at an earlier run is not read again."""
        before = self._before.get(script.path)
        if before and before[0] and before[1:3] == [script.mtime_ns, script.ctime_ns]:
            return str(before[0])
        return self._read(script.path, script.mtime_ns, script.ctime_ns)

    def _read(self, path: str, mtime_ns: int, ctime_ns: int) -> str:
        """The digest of a file that still has these times when it was read; empty when it cannot be had now."""
        import hashlib  # noqa: PLC0415  (a run on an unchanged host reads nothing)

        now = self._reader.now()
        self._until = self._until or now + _BUDGET
        if now > self._until:
            return ""
        try:
            content = self._reader.read(path, _FILE_LIMIT)
            after = self._reader.stat(path)
        except (OSError, CannotSee):
            return ""
        if after is None or len(content) >= _FILE_LIMIT or (after.mtime_ns, after.ctime_ns) != (mtime_ns, ctime_ns):
            return ""
        return hashlib.blake2b(content, digest_size=16).hexdigest()


def _compiled_as_is(pool: PoolOpcache, script: Script) -> bool:
    """Whether the bytecode itself is fresh: not just about to be compiled anew."""
    return not invalidated(pool, script) and not (
        pool.validates and script.timestamp and script.timestamp != script.mtime_ns // 1_000_000_000
    )
