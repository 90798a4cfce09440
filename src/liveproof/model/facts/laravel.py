"""Laravel: version, caches, and whether each cache is what its sources would give now."""

import re

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown

NO_DOTENV = "it is not there"
_MORE = re.compile(r"and (\d{1,9}) more")


def counted(names: tuple[str, ...]) -> int:
    """How many names there are, where the last may stand for those that are not named (``and 12 more``)."""
    more = _MORE.fullmatch(names[-1]) if names else None
    return len(names) - 1 + int(more[1]) if more else len(names)


def listed(names: tuple[str, ...], most: int) -> str:
    """The first ``most`` of such names, and how many more there are."""
    count = counted(names)
    return ", ".join(names[:most]) + (f" and {count - most} more" if count > most else "")


@dataclass(frozen=True, slots=True)
class CacheFile:
    """A file Laravel derives from others: ``kind`` is config, routes, events, packages or services.

    ``path`` is below the app, or absolute where the environment names a place outside of it. ``fresh`` is True or False
    after a recomputation as the app's user, or Unknown with its reason (also for a file that is not there). ``differs``
    names keys, routes or providers that differ (values never; see ``counted``); ``loses`` are those of them that a
    rebuild would leave empty. ``readable``: by the app's user. ``broken``: it is no complete PHP array, so that the
    app, and artisan with it, cannot start.
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
    broken: bool = False
    loses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledView:
    """A compiled view that Laravel goes on using although its source compiles to something else.

    ``source`` and ``compiled`` are below the app (absolute outside of it); ``why`` tells why Laravel does not fix it.
    """

    source: str
    compiled: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class PackageCache:
    """A PHP file that a package keeps below bootstrap/cache, by its path below the app.

    ``gone`` are the classes and files that it names and that are not there, or why that is not known.
    """

    path: str
    gone: tuple[str, ...] | Unknown


@dataclass(frozen=True, slots=True)
class Override:
    """A key of ``.env`` that requests to a pool see with another value; ``where`` that is set, in words."""

    name: str
    where: str
    pool: str


_NOT_LOOKED = Unknown("which environment requests see was not looked at")


@dataclass(frozen=True, slots=True)
class Laravel:
    """A Laravel app. ``environment`` and ``debug`` are effective (from the config cache or .env), empty if unknown.

    ``php`` is the CLI of the pool's version, used for artisan; empty when there is none. The
    ``log_files`` are what the effective configuration names: absolute paths, of a daily channel today's and tomorrow's.
    ``log_streams`` are what it names besides that is no file (``errorlog``, ``php://stderr``, ``/proc/self/fd/2``).
    ``timezone`` is the zone that its log lines are written in, empty if unknown. ``missing_providers`` are
    classes in the manifests that Composer cannot find; ``packages_differ`` the packages whose manifest entry is stale.
    ``compiled`` is the directory of the compiled views, below the app or absolute, empty if unknown. ``views_compile``:
    there are stale views, and ``artisan view:cache`` was seen to work. ``recomputed``: artisan derived the caches from
    the sources, so the app starts with them; where it could not, a rebuild may stop an app that still works.
    ``storage`` is the directory that Laravel's storage_path() names, below the app or absolute. ``views`` is
    ``compiled`` as it is reached through ``storage``, where it lies there. ``dotenv`` tells why the app's user gets
    nothing from ``.env`` (``it is not there``), empty where it does: what artisan derives without it holds nothing of
    what it should. ``down`` is when maintenance mode began (the time of ``framework/down`` below the storage, epoch
    seconds), 0 where that file is not there. ``cache_driver`` is the driver of the default cache store (``redis``,
    ``array``), empty if unknown; ``cache_path`` the directory of one that keeps files, else empty.
    ``overrides`` are keys of ``.env`` that requests would see with another value, were the configuration not cached.
    ``keyed``: without ``.env`` they have APP_KEY all the same, from PHP-FPM or nginx; Unknown too where the app's own
    code names another file to read. ``elsewhere`` are keys of the cached configuration whose paths lie in other copies
    of the app, and the directories of these copies. ``package_caches`` are what packages other than Laravel's own keep
    below bootstrap/cache. ``assets_elsewhere``: pages load built assets from an address of its own (ASSET_URL), such as
    that of a CDN.
    """

    version: str
    php: str
    environment: str
    debug: bool | Unknown
    caches: tuple[CacheFile, ...]
    stale_views: tuple[CompiledView, ...] | Unknown
    missing_providers: tuple[str, ...]
    packages_differ: tuple[str, ...]
    log_files: tuple[str, ...] | Unknown
    timezone: str = ""
    compiled: str = ""
    views_compile: bool = False
    recomputed: bool = True
    storage: str | Unknown = "storage"
    views: str = ""
    dotenv: str = ""
    log_streams: tuple[str, ...] = ()
    down: float | Unknown = 0.0
    cache_driver: str = ""
    cache_path: str = ""
    overrides: tuple[Override, ...] | Unknown = _NOT_LOOKED
    keyed: bool | Unknown = _NOT_LOOKED
    elsewhere: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    package_caches: tuple[PackageCache, ...] | Unknown = Unknown("what packages keep was not looked at")
    assets_elsewhere: bool = False

    def cache(self, kind: str) -> CacheFile | None:
        """The cache file of this kind, None when this version of Laravel has none."""
        return next((cache for cache in self.caches if cache.kind == kind), None)
