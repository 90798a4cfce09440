"""What earlier runs had proven of a pool's scripts, and what this one adds.

A run that proves a script fresh keeps a digest of its file. As long as nothing was compiled anew since, a later run can
tell by the content whether an owner's change or a ``touch`` moved only the file's times, or whether an edit kept them.

Nothing was compiled anew when the wasted memory is the same (both ways to replace a script, invalidation and a newer
file, add its size to it: ext/opcache/ZendAccelerator.c), the recorded time is the same, and the hits did not fall.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from liveproof.host.memory import Memory
from liveproof.host.reader import CannotSee, Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.opcache import PoolOpcache, Script
from liveproof.model.freshness import State, compiled_by, freshness

_BUDGET = 0.5  # s of reading per run; the rest is read by the next one
_FILE_LIMIT = 4 * 1024 * 1024

# path: digest (empty when not proven), mtime_ns, ctime_ns, recorded time, hits, compiled by
_Kept = Mapping[str, list[Any]]


def remembering(reader: Reader, memory: Memory, app: App, pool: PoolOpcache) -> PoolOpcache:
    """The pool with what earlier runs knew of its scripts; keeps what this run proves."""
    if not pool.scripts:
        return pool
    name, signature = _name(app, pool), f"1 {pool.php} {pool.start_time} {pool.last_restart_time}"
    recalled = memory.recall(name, signature) or {}
    before: _Kept = recalled.get("scripts", {})
    kept: _Kept = before if recalled.get("wasted") == pool.memory_wasted else {}
    digests = _Digests(reader, before)
    known = replace(pool, scripts=tuple(_known(script, kept.get(script.path), digests) for script in pool.scripts))
    keeping = {script.path: _keep(known, script, kept.get(script.path), digests) for script in known.scripts}
    if keeping != before or kept is not before:
        memory.keep(name, signature, {"wasted": pool.memory_wasted, "scripts": keeping})
    return known


def _name(app: App, pool: PoolOpcache) -> str:
    import hashlib  # noqa: PLC0415

    who = f"{pool.pool}\n{app.path}".encode(errors="surrogateescape")
    return f"opcache-{hashlib.blake2b(who, digest_size=8).hexdigest()}"


def _known(script: Script, kept: list[Any] | None, digests: "_Digests") -> Script:
    if kept is None or kept[3] != script.timestamp or script.hits < kept[4]:
        return script
    same = None
    if kept[0] and script.exists:
        if kept[1:3] == [script.mtime_ns, script.ctime_ns]:
            same = True
        elif digest := digests.of(script):
            same = digest == kept[0]
    return replace(script, seen_by=kept[5], same=same)


def _keep(pool: PoolOpcache, script: Script, kept: list[Any] | None, digests: "_Digests") -> list[Any]:
    """What the next run is told of a script; what is kept already and still holds stays as it is."""
    if kept is not None and script.seen_by:
        if script.same:
            return [kept[0], script.mtime_ns, script.ctime_ns, *kept[3:]]
        if script.same is False:
            return kept
    else:
        kept = None
    fresh = freshness(pool, script, pool.now).state is State.FRESH and _unmoved(pool, script)
    digest = digests.of(script) if fresh else ""
    if kept and not digest:
        return kept
    by = kept[5] if kept else int(compiled_by(script))
    return [digest, script.mtime_ns, script.ctime_ns, script.timestamp, script.hits, by]


def _unmoved(pool: PoolOpcache, script: Script) -> bool:
    """Whether the bytecode itself is fresh: not just about to be compiled anew."""
    return not (pool.validates and script.timestamp and script.timestamp != script.mtime_ns // 1_000_000_000)


class _Digests:
    """Digests of files as they were looked at: one that changes meanwhile has none."""

    def __init__(self, reader: Reader, before: _Kept) -> None:
        self._reader = reader
        self._before = before
        self._until = 0.0

    def of(self, script: Script) -> str:
        """The digest in hexadecimal; empty when it cannot be had now. One with the times that it had is not read."""
        before = self._before.get(script.path)
        if before and before[0] and before[1:3] == [script.mtime_ns, script.ctime_ns]:
            return str(before[0])
        return self._read(script)

    def _read(self, script: Script) -> str:
        import hashlib  # noqa: PLC0415

        now = self._reader.now()
        self._until = self._until or now + _BUDGET
        if now > self._until:
            return ""
        try:
            content = self._reader.read(script.path, _FILE_LIMIT)
            after = self._reader.stat(script.path)
        except (OSError, CannotSee):
            return ""
        if after is None or len(content) >= _FILE_LIMIT:
            return ""
        if (after.mtime_ns, after.ctime_ns) != (script.mtime_ns, script.ctime_ns):
            return ""
        return hashlib.blake2b(content, digest_size=16).hexdigest()
