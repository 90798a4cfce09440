"""When a burst of changes is a deploy, and when it is over. Pure: it is told the time.

A deploy is announced (`liveproof deploy begin`, `deploy end`) or looks like one: many files change at once, or a link
that is served is moved. While it runs nothing is judged; when it is over, the whole chain is proven once.
"""

from collections import deque

from liveproof.model.dataclass import dataclass
from liveproof.store.deploys import Deploy

_BURST, _WITHIN = 20, 2.0  # so many changes in so many seconds are a deploy
_LONGEST = 900.0  # s; an unannounced one that goes on longer is judged as it is


@dataclass(frozen=True, slots=True)
class Settled:
    """A deploy is over: whether it was announced, and whether it ended by itself or took too long."""

    announced: bool
    in_time: bool


class Settling:
    """Knows whether a deploy runs. ``quiet`` is for how many seconds nothing must change before a burst is over."""

    def __init__(self, quiet: float) -> None:
        self._quiet = quiet
        self._changes: deque[float] = deque(maxlen=_BURST)
        self._since: float | None = None
        self._last = 0.0
        self._announced: Deploy | None = None
        self._told: Deploy | None = None

    @property
    def holds(self) -> bool:
        """Whether what changes now is not judged yet: one that takes too long is judged as it is."""
        return bool((self._announced and self._announced != self._told) or self._since is not None)

    @property
    def announced(self) -> Deploy | None:
        """The deploy that was announced and runs."""
        return self._announced

    def changed(self, count: int, now: float, *, moved: bool = False) -> None:
        """So many files changed, or a link that is served was ``moved``; ``now`` by a steady clock."""
        self._changes.extend([now] * min(count, _BURST))
        burst = len(self._changes) == _BURST and now - self._changes[0] <= _WITHIN
        if moved or burst or self._since is not None:
            self._since = now if self._since is None else self._since
            self._last = now

    def mark(self, deploy: Deploy | None) -> Settled | None:
        """What the mark on disk says now; a deploy that was announced and is no longer marked is over."""
        before, self._announced = self._announced, deploy
        if before and not deploy:
            self._since = None
            return Settled(announced=True, in_time=True)
        return None

    def tick(self, now: float, wall: float) -> Settled | None:
        """Whether a deploy is over now: nothing changed for a while, or it takes too long."""
        if self._announced:
            if wall <= self._announced.until or self._told == self._announced:
                return None
            self._told = self._announced
            return Settled(announced=True, in_time=False)
        if self._since is None:
            return None
        if now - self._last >= self._quiet:
            self._since = None
            return Settled(announced=False, in_time=True)
        if now - self._since >= _LONGEST:
            self._since = now
            return Settled(announced=False, in_time=False)
        return None

    def wait(self, now: float) -> float:
        """Seconds until ``tick`` is worth asking again."""
        return max(0.05, self._last + self._quiet - now) if self._since is not None else 5.0
