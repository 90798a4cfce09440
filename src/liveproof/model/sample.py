"""What is live at one moment: pools with their workers, OPcache, queue workers and new log errors. Nothing is judged.

Times are epoch seconds, sizes bytes; a number that is not known is -1.
"""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class WorkerNow:
    """A worker of a pool: ``state`` as PHP-FPM calls it, in lower case, or ``unknown`` without a status page.

    ``seconds`` is how long its request runs, of an idle one how long the last one took; ``memory`` its resident set
    size. ``request`` is method and path without the values of a query, empty where it was liveproof's own.
    """

    pid: int
    state: str
    request: str
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class PoolNow:
    """A pool's status page. ``why`` tells why there is none (``workers`` then come from /proc); empty when it answered.

    ``active`` and ``idle`` count workers, liveproof's own request not; ``queue`` are connections that wait for one;
    ``accepted`` and ``limit_reached`` (max_children) are counters since the pool's ``start``.
    """

    id: str
    apps: tuple[str, ...]
    why: str
    max_children: int
    active: int = -1
    idle: int = -1
    queue: int = -1
    accepted: int = -1
    limit_reached: int = -1
    start: float = -1.0
    workers: tuple[WorkerNow, ...] = ()


@dataclass(frozen=True, slots=True)
class OpcacheNow:
    """The OPcache of a PHP-FPM master, asked at ``at`` through one of its ``pools``; ``why`` tells why it was not seen.

    ``hits`` and ``misses`` are counters since the cache's start or latest reset.
    """

    pools: tuple[str, ...]
    why: str
    at: float
    enabled: bool = False
    used: int = -1
    free: int = -1
    wasted: int = -1
    hits: int = -1
    misses: int = -1
    scripts: int = -1
    keys: int = -1
    max_keys: int = -1

    @property
    def fill(self) -> float:
        """The share of its memory that is taken, wasted memory included; -1 where it is not known."""
        total = self.used + self.free + self.wasted
        return (self.used + self.wasted) / total if self.used >= 0 and total > 0 else -1.0

    @property
    def hit_ratio(self) -> float:
        """Hits of all look-ups since the start; -1 where there was none."""
        total = self.hits + self.misses
        return self.hits / total if self.hits >= 0 and total > 0 else -1.0


@dataclass(frozen=True, slots=True)
class QueueWorker:
    """A PHP process of an app that outlives a request; ``release`` is where its working directory leads to.

    ``current``: whether that is the release which the app's path leads to now; None where the directory is not known.
    """

    app: str
    pid: int
    start: float
    user: str
    command: str
    release: str
    current: bool | None
    unit: str


@dataclass(frozen=True, slots=True)
class LogError:
    """Like entries of a log: class, place and words that are known, with a digest that tells like from unlike."""

    app: str
    source: str
    kind: str
    level: str
    text: str
    count: int
    last: float


@dataclass(frozen=True, slots=True)
class LogsNow:
    """Errors logged after ``since``: how many of each kind, and the latest ones. ``unread`` are logs with a reason."""

    since: float
    counts: tuple[tuple[str, int], ...] = ()
    last: tuple[LogError, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One look.

    Attributes:
        at: when it ended.
        seconds: how long it took.
        host: the host's name.
        root: whether it was root's; others may not ask most pools.
        source: where the apps and pools are known from.
        apps: paths of the apps.
        reason: why there is none, or what keeps from seeing more; empty where nothing does.
    """

    at: float
    seconds: float
    host: str
    root: bool
    source: str
    apps: tuple[str, ...]
    reason: str = ""
    pools: tuple[PoolNow, ...] = ()
    opcache: tuple[OpcacheNow, ...] = ()
    workers: tuple[QueueWorker, ...] = ()
    logs: LogsNow = LogsNow(0.0)
