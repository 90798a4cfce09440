"""What the screen is made from: the latest sample, what is kept, OPcache over time, and what the person asked for."""

from collections import deque
from dataclasses import dataclass, field

from liveproof.model.sample import OpcacheNow, Sample
from liveproof.tui.kept import Kept

SORTS = ("time", "memory", "pool")
_POINTS = 120


@dataclass(slots=True)
class Trail:
    """Fill and hit ratio of a cache over time, as shares from 0 to 1; the ratio is that of the look-ups in between."""

    fill: deque[float] = field(default_factory=lambda: deque(maxlen=_POINTS))
    hits: deque[float] = field(default_factory=lambda: deque(maxlen=_POINTS))
    last: OpcacheNow | None = None

    def add(self, now: OpcacheNow) -> None:
        """Take an answer in, once."""
        before = self.last
        if now.why or (before and now.at <= before.at):
            return
        self.last = now
        if now.fill >= 0:
            self.fill.append(now.fill)
        hits, misses = (now.hits - before.hits, now.misses - before.misses) if before else (now.hits, now.misses)
        if hits < 0 or misses < 0:  # the cache was reset
            hits, misses = now.hits, now.misses
        if hits + misses > 0:
            self.hits.append(hits / (hits + misses))


@dataclass(slots=True)
class Shown:
    """Everything that the rows say; ``now`` is in epoch seconds."""

    kept: Kept = field(default_factory=Kept)
    sample: Sample | None = None
    trails: dict[tuple[str, ...], Trail] = field(default_factory=dict)
    needle: str = ""
    sort: str = SORTS[0]
    now: float = 0.0

    def take(self, sample: Sample) -> None:
        """Show this sample from now on."""
        self.sample = sample
        self.trails = {cache.pools: self.trails.get(cache.pools, Trail()) for cache in sample.opcache}
        for cache in sample.opcache:
            self.trails[cache.pools].add(cache)
