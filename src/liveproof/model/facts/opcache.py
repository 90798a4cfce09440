"""OPcache as each pool's own PHP tells it through liveproof's root-owned probe."""

from dataclasses import field

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Script:
    """A script in a pool's cache, beside the file that it was compiled from.

    Attributes:
        path: the file's real path at the time of the compilation.
        hits: how often it was taken from the cache; 0: only ever by the request that compiled it.
        memory: bytes in the shared memory.
        timestamp: the mtime recorded when it was compiled (epoch seconds), 0 when none is kept (compiled with
            validate_timestamps=0, or preloaded): PHP never compares such a script with its file.
        last_used: start of the latest request that used it (epoch seconds).
        revalidate: until this second PHP does not look at the file again; 0 where PHP does not tell (before 8.3).
        exists, mtime_ns, ctime_ns: the file now.
        placed_ns: the file cannot have come under this path by a renamed or replaced directory later than this.
        seen_by: an earlier run saw this very compilation: it was made by then (epoch seconds); 0: no run did.
        same: whether the file's content is that which was compiled, where an earlier run had proven them equal and
            nothing was compiled again since; None: not known.
        given_up: PHP says that it takes this script no more (opcache_is_script_cached): the next request compiles the
            file. Asked of scripts without a recorded time only; False where PHP did not say so.
        dropped: what PHP has of it was compiled from its file as it was at this moment or later (epoch seconds by the
            clock of file times), since liveproof let it drop the script then; 0: it did not, or not in this cache.
        preloaded: compiled by ``opcache.preload`` when the master started or was reloaded, and in force ever since.
        in_file: when PHP wrote what ``opcache.file_cache`` keeps of it (epoch seconds); 0: it keeps nothing, and had
            nothing to read since the cache began; -1: there is no file cache, or it cannot be told.
    """

    path: str
    hits: int
    memory: int
    timestamp: int
    last_used: int
    revalidate: int
    exists: bool
    mtime_ns: int
    ctime_ns: int
    placed_ns: int
    seen_by: int
    same: bool | None
    given_up: bool = False
    dropped: float = 0.0
    preloaded: bool = False
    in_file: float = -1.0

    @property
    def changed(self) -> float:
        """No later than this (epoch seconds) the file got the content and the place that it has now.

        A time without a fraction is taken for one that the file system cut to its second.
        """
        newest = max(self.ctime_ns, self.placed_ns)
        return newest / 1e9 if newest % 1_000_000_000 else newest / 1e9 + 1

    @property
    def modified(self) -> float:
        """The file's mtime in epoch seconds."""
        return self.mtime_ns / 1e9


@dataclass(frozen=True, slots=True)
class PoolOpcache:
    """The OPcache of one pool; pools of one master share their memory, but not all settings.

    Attributes:
        loaded, enabled: whether the extension is there, and whether it is on for this pool's requests.
        settings: effective directives (opcache.*, realpath_cache_*) as strings; booleans are ``1`` and ``0``.
        start_time, last_restart_time, now: epoch seconds as PHP tells them; the last is the time of its answer.
        since: the moment, in epoch seconds with fractions by the clock of file times, before which nothing in the cache
            was compiled.
        realpath: what the answering worker's realpath cache holds, and may still use, below the app's path as it is
            served: path and what it was resolved to.
        scripts: those of this app only. entries: front controllers of this app and of releases beside it.
        incomplete: more scripts than the probe tells.
        pid: the worker that answered. Sizes are bytes.
        interned_used, interned_free, interned_strings: the buffer of interned strings, in bytes, and how many it
            holds; -1 where PHP does not tell.
        user_ini_changed: when what PHP reads in the ``.user.ini`` of the document root last changed (epoch seconds by
            the clock of file times); 0 where there is none.
        preloaded: all that ``opcache.preload`` compiled, also outside of the app. preload_real: the real path of the
            script that it names now, empty where it names none, or none that exists.
    """

    pool: str
    pid: int
    loaded: bool
    enabled: bool
    settings: tuple[tuple[str, str], ...]
    start_time: int
    last_restart_time: int
    since: float
    now: int
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
    jit_enabled: bool
    jit_on: bool
    jit_buffer: int
    cache_full: bool
    realpath: tuple[tuple[str, str], ...]
    extensions: tuple[str, ...]
    php: str
    scripts: tuple[Script, ...]
    entries: tuple[Script, ...]
    incomplete: bool
    interned_used: int = -1
    interned_free: int = -1
    interned_strings: int = -1
    user_ini_changed: float = 0.0
    preloaded: tuple[Script, ...] = ()
    preload_real: str = ""

    @property
    def epoch(self) -> int:
        """The second of the cache's latest start or reset."""
        return max(self.start_time, self.last_restart_time)

    def setting(self, name: str) -> str:
        """An effective directive, empty when the pool does not know it."""
        return dict(self.settings).get(name, "")

    def number(self, name: str) -> int:
        """An effective directive that is a whole number, 0 when the pool does not know it."""
        value = self.setting(name)
        return int(value) if value.isdecimal() and len(value) < 19 else 0

    @property
    def validates(self) -> bool:
        """Whether PHP compares timestamps at all."""
        return self.setting("opcache.validate_timestamps") == "1"

    @property
    def lookups(self) -> int:
        """How often a script was looked up."""
        return self.hits + self.misses


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file that a fix would edit: as its server names it, its real path, and its text."""

    path: str
    real: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opcache:
    """The caches of all pools that serve the app; a pool that could not be asked is Unknown under its id.

    ``link_moved`` is the newest change (epoch seconds) of a symbolic link on the document root's path, 0 when there is
    none on it. ``now`` is the moment that the facts hold for: a window of revalidation that was about to close was
    waited for. ``sources`` holds the configuration files that a fix would edit; their texts may hold secrets.
    """

    pools: tuple[tuple[str, PoolOpcache | Unknown], ...]
    link_moved: float
    now: float
    sources: tuple[Source, ...] = field(default=(), repr=False)

    @property
    def seen(self) -> tuple[PoolOpcache, ...]:
        """The pools that answered."""
        return tuple(pool for _, pool in self.pools if isinstance(pool, PoolOpcache))

    @property
    def unseen(self) -> tuple[Unknown, ...]:
        """Why the others did not."""
        return tuple(pool for _, pool in self.pools if isinstance(pool, Unknown))
