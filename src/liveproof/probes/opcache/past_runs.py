"""What earlier runs had proven of a pool's scripts, and what this one adds.

A run that proves a script fresh keeps a digest of its file. As long as nothing was compiled again since, a later run
can tell by the content whether an owner's change or a ``touch`` moved only the file's times, or whether an edit kept
them.

Nothing was compiled again when the wasted memory is the same (both ways to replace a script, invalidation and a newer
file, add its size to it: ext/opcache/ZendAccelerator.c), the recorded time is the same, and the hits did not fall.
"""

import math
from typing import NamedTuple

from liveproof.analysis.memory.freshness import State, compiled_by, freshness, invalidated
from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.store.cache import Cache

_BUDGET = 0.5  # s of reading per run; the rest is read by the next one
_WHOLE = 1  # s; PHP tells its time in whole seconds, so that the look may be as much later
_FILE_LIMIT = 4 * 1024 * 1024


class _Proof(NamedTuple):
    """Of one script: ``digest`` of its file (empty when not proven), its times, and by when it had been compiled."""

    digest: str
    mtime_ns: int
    ctime_ns: int
    timestamp: int
    hits: int
    compiled_by: int


@dataclass(frozen=True, slots=True)
class _Proofs:
    """What is remembered: proofs by path, which hold while the wasted memory is the same."""

    wasted: int
    scripts: dict[str, _Proof]


class PastRuns:
    """What is remembered of one pool's cache; ``signature`` names this very cache, ``wasted`` its wasted memory."""

    def __init__(self, reader: Reader, cache: Cache, app: App, pool: str, *, signature: str, wasted: int) -> None:
        self._reader = reader
        self._entry, self._signature = cache.entry("opcache", app.path, pool), signature
        self._until = 0.0
        found = self._entry.recall(signature, _Proofs) or _Proofs(wasted, {})
        self._before, self._same_cache = found.scripts, found.wasted == wasted
        self._wasted = wasted

    def of(self, path: str, timestamp: int, hits: int, mtime_ns: int, ctime_ns: int) -> tuple[int, bool | None]:
        """By when the script had been compiled (0: not known), and whether its file's content is what was compiled."""
        proof = self._valid(path, timestamp, hits)
        if proof is None:
            return 0, None
        if not proof.digest or not ctime_ns:
            return proof.compiled_by, None
        if (proof.mtime_ns, proof.ctime_ns) == (mtime_ns, ctime_ns):
            return proof.compiled_by, True
        digest = self._read(path, mtime_ns, ctime_ns)
        return proof.compiled_by, digest == proof.digest if digest else None

    def keep(self, pool: PoolOpcache) -> None:
        """Keep what this run proves; what is kept already and still holds stays as it is."""
        scripts = {script.path: self._proof(pool, script) for script in pool.scripts}
        if scripts != self._before or not self._same_cache:
            self._entry.keep(self._signature, _Proofs(self._wasted, scripts))

    def _valid(self, path: str, timestamp: int, hits: int) -> _Proof | None:
        proof = self._before.get(path) if self._same_cache else None
        return proof if proof is not None and proof.timestamp == timestamp and hits >= proof.hits else None

    def _proof(self, pool: PoolOpcache, script: Script) -> _Proof:
        before = self._valid(script.path, script.timestamp, script.hits)
        if before is not None:
            if script.same and before.ctime_ns != script.ctime_ns:
                return before._replace(mtime_ns=script.mtime_ns, ctime_ns=script.ctime_ns)
            if script.same is not None:
                return before
        fresh = freshness(pool, script, pool.now).state is State.FRESH and _compiled_as_is(pool, script)
        digest = self._digest(script) if fresh else ""
        if before is not None and not digest:
            return before
        by = before.compiled_by if before is not None else math.ceil(min(compiled_by(script), pool.now + _WHOLE))
        return _Proof(digest, script.mtime_ns, script.ctime_ns, script.timestamp, script.hits, by)

    def _digest(self, script: Script) -> str:
        """The digest of the file; one with the times that it had at an earlier run is not read again."""
        before = self._before.get(script.path)
        if before and before.digest and (before.mtime_ns, before.ctime_ns) == (script.mtime_ns, script.ctime_ns):
            return before.digest
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
    """Whether the bytecode itself is fresh: not just about to be compiled again."""
    return not invalidated(pool, script) and not (
        pool.validates and script.timestamp and script.timestamp != script.mtime_ns // 1_000_000_000
    )
