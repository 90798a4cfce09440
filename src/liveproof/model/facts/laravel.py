"""Laravel: version, caches, and whether each cache is what its sources would give now."""

from dataclasses import dataclass

from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class CacheFile:
    """A file Laravel derives from others: ``kind`` is config, routes, events, packages or services.

    ``path`` is below the app. ``fresh`` is True or False after a recomputation as the app's user, or Unknown with its
    reason. ``differs`` names keys, routes or providers that differ (values never). ``readable``: by the app's user.
    """

    kind: str
    path: str
    exists: bool
    size: int
    mtime_ns: int
    uid: int
    gid: int
    mode: int
    readable: bool
    fresh: bool | Unknown
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledView:
    """A compiled view that is older than its source: both paths below the app."""

    source: str
    compiled: str


@dataclass(frozen=True, slots=True)
class Laravel:
    """A Laravel app. ``environment`` and ``debug`` are effective (from the config cache or .env), empty if unknown.

    ``php`` is the CLI of the pool's version, used for artisan. ``log_channel`` and ``log_files`` are what the effective
    configuration names: paths absolute, including today's and tomorrow's daily file. ``config_cached`` tells whether
    the application takes its configuration from the cache.
    """

    version: str
    php: str
    environment: str
    debug: bool | Unknown
    caches: tuple[CacheFile, ...]
    stale_views: tuple[CompiledView, ...] | Unknown
    missing_providers: tuple[str, ...]
    packages_differ: tuple[str, ...]
    log_channel: str
    log_files: tuple[str, ...] | Unknown

    def cache(self, kind: str) -> CacheFile | None:
        """The cache file of this kind, None when this version of Laravel has none."""
        return next((cache for cache in self.caches if cache.kind == kind), None)
