"""Entries of one log to groups of like ones."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from liveproof.model.facts.logs import LogGroup
from liveproof.model.secrets import digest
from liveproof.probes.logs import kinds
from liveproof.probes.logs.lines import Entry
from liveproof.probes.logs.sources import Source

_MOST = 200


class Grouper:
    """The groups of one log, each with what it has seen; beyond ``_MOST`` of a kind, entries are only counted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._groups: dict[str, dict[str, Any]] = {}
        self._kinds: Counter[str] = Counter()
        self.more: Counter[str] = Counter()

    @classmethod
    def remembered(
        cls, source: Source, kept: dict[str, dict[str, Any]] | None, more: dict[str, int] | None = None
    ) -> "Grouper":
        """Goes on from what ``plain`` and ``more`` gave."""
        grouper = cls(source)
        grouper.more.update(more or {})
        grouper._kinds.update(group["kind"] for group in (kept or {}).values())
        grouper._groups = {name: dict(group) for name, group in (kept or {}).items()}
        return grouper

    def add(self, entry: Entry) -> None:
        """Count an entry, where it is an error that concerns the app."""
        told = self._source.judge(entry)
        if told is None:
            return
        level, text, otherwise = told
        kind = kinds.kind(kinds.message(text), otherwise)
        name = f"{kind} {digest(kinds.fingerprint(text))}"
        group = self._groups.get(name)
        if group is None:
            if self._kinds[kind] >= _MOST:
                self.more[kind] += 1
                return
            self._kinds[kind] += 1
            group = {
                "kind": kind,
                "fingerprint": kinds.told(text, 200),
                "level": level,
                "sample": kinds.told(text),
                "count": 0,
                "first": entry.time,
                "last": entry.time,
                "paths": [],
            }
            self._groups[name] = group
        group["count"] += 1
        group["first"], group["last"] = min(group["first"], entry.time), max(group["last"], entry.time)
        if kind in ("permission", "cache_write"):
            group["paths"] = list(dict.fromkeys([*group["paths"], *kinds.paths(text)]))[:8]

    def plain(self) -> dict[str, dict[str, Any]]:
        """As JSON."""
        return self._groups

    def groups(self) -> Iterator[LogGroup]:
        """The groups found so far."""
        for group in self._groups.values():
            yield LogGroup(self._source.path, **{**group, "paths": tuple(group["paths"])})
