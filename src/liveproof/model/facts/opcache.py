"""OPcache as each pool's own PHP tells it through liveproof's root-owned probe."""

from dataclasses import dataclass

from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Script:
    """A cached script below the app.

    ``timestamp`` is the mtime recorded when it was compiled (epoch seconds), 0 when none is kept
    (validate_timestamps=0 or preloaded). ``last_used`` is epoch seconds. ``mtime_ns``/``ctime_ns`` are the file's now,
    0 when it is gone (``exists`` False). ``key_resolves`` is False when the path it was asked for (an alias key with a
    symbolic link) resolves elsewhere now.
    """

    path: str
    hits: int
    memory: int
    timestamp: int
    last_used: int
    exists: bool
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class PoolOpcache:
    """The OPcache of one pool.

    ``settings`` are effective directives (opcache.*, realpath_cache_*), as strings. Sizes are bytes, times epoch
    seconds. ``scripts`` are those of this app only. ``epoch`` is max(start_time, last_restart_time): no script in the
    cache is older. ``pid`` is the worker that answered. ``answered_in`` is seconds.
    """

    pool: str
    pid: int
    enabled: bool
    settings: tuple[tuple[str, str], ...]
    start_time: int
    last_restart_time: int
    hits: int
    misses: int
    keys: int
    max_keys: int
    cached_scripts: int
    oom_restarts: int
    hash_restarts: int
    manual_restarts: int
    restart_pending: bool
    memory_used: int
    memory_free: int
    memory_wasted: int
    interned_used: int
    interned_free: int
    jit_enabled: bool
    jit_on: bool
    jit_buffer: int
    cache_full: bool
    realpath: tuple[tuple[str, str], ...]
    extensions: tuple[str, ...]
    php: str
    scripts: tuple[Script, ...]
    answered_in: float

    @property
    def epoch(self) -> int:
        """The moment, in epoch seconds, before which nothing in the cache was compiled."""
        return max(self.start_time, self.last_restart_time)

    def setting(self, name: str) -> str:
        """An effective directive, empty when the pool does not know it."""
        return dict(self.settings).get(name, "")

    @property
    def validates(self) -> bool:
        """Whether PHP compares timestamps at all."""
        return self.setting("opcache.validate_timestamps") == "1"


@dataclass(frozen=True, slots=True)
class Opcache:
    """The caches of all pools that serve the app; a pool that could not be asked is Unknown under its id."""

    pools: tuple[tuple[str, PoolOpcache | Unknown], ...]
    now: float
