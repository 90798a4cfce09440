"""Entries of one log to groups of like ones."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from liveproof.model.facts.logs import LogGroup
from liveproof.model.secrets import digest
from liveproof.probes.logs import kinds
from liveproof.probes.logs.lines import Entry
from liveproof.probes.logs.sources import Source

_MOST = 200


class Group(NamedTuple):
    """Like entries so far, as in the fact."""

    kind: str
    fingerprint: str
    level: str
    sample: str
    entries: int
    first: float
    last: float
    paths: tuple[str, ...] = ()


class Grouper:
    """The groups of one log, on top of earlier ones; beyond ``_MOST`` of a kind entries are counted in ``more``."""

    def __init__(
        self, source: Source, groups: Mapping[str, Group] | None = None, more: Mapping[str, int] | None = None
    ) -> None:
        self._source = source
        self.by_name = dict(groups or {})
        self.more = Counter(more or {})
        self._kinds = Counter(group.kind for group in self.by_name.values())

    def add(self, entry: Entry) -> None:
        """Count an entry, where it is an error that concerns the app."""
        error = self._source.judge(entry)
        if error is None:
            return
        level, text, otherwise = error
        kind = kinds.kind(kinds.message(text), otherwise)
        name = f"{kind} {digest(kinds.fingerprint(text))}"
        group = self.by_name.get(name)
        if group is None:
            if self._kinds[kind] >= _MOST:
                self.more[kind] += 1
                return
            self._kinds[kind] += 1
            group = Group(kind, kinds.told(text, 200), level, kinds.told(text), 0, entry.time, entry.time)
        paths = group.paths
        if kind in ("permission", "cache_write"):
            paths = tuple(dict.fromkeys([*paths, *kinds.paths(text)]))[:8]
        self.by_name[name] = group._replace(
            entries=group.entries + 1, first=min(group.first, entry.time), last=max(group.last, entry.time), paths=paths
        )

    def groups(self) -> Iterator[LogGroup]:
        """The groups found so far."""
        for group in self.by_name.values():
            yield LogGroup(self._source.path, *group)
