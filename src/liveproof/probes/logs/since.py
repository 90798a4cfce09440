"""Since when a log entry speaks of what is live now."""

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Absent, Unknown

_SECTIONS = ("code", "vendor", "public", "cache", "env")
# Written while the app works, so their times are no deploy's.
_DATA = (".sqlite", ".sqlite3", ".db", "-journal", "-wal", "-shm", ".log")
_MARKERS = (
    "artisan", "composer.lock", ".env", "bootstrap/app.php", "bootstrap/cache", "bootstrap/cache/config.php",
    "public/index.php", "vendor/composer/installed.json", "app", "config", "routes",
)  # fmt: skip


def since(
    reader: Reader,
    app: App,
    *,
    files: Files | Unknown | Absent,
    fpm: Fpm | Unknown | Absent,
    opcache: Opcache | Unknown | Absent,
) -> tuple[float, str]:
    """The later of the newest change of the code and the start of the pools, in epoch seconds, and which it is.

    An error from before either was made by other code or by processes that are no more.
    """
    now = reader.now()
    changed, what = _newest_change(reader, app, files, now)
    started = _pools_start(app, fpm, opcache)
    if started > changed:
        return min(started, now), "PHP-FPM began"
    return changed, what


def _newest_change(reader: Reader, app: App, files: Files | Unknown | Absent, now: float) -> tuple[float, str]:
    newest, path = 0, ""
    if isinstance(files, Files):
        for times in files.times:
            if times.section not in _SECTIONS or times.newest_ctime <= newest:
                continue
            if times.newest_ctime_path.endswith(_DATA) or times.newest_ctime_path == "database":
                newest, path = 0, ""
                break
            newest, path = times.newest_ctime, times.newest_ctime_path
    if not newest:
        newest, path = _newest_marker(reader, app)
    return min(newest / 1e9, now), f"{path if path != '.' else app.path} changed"


def _newest_marker(reader: Reader, app: App) -> tuple[int, str]:
    """Where a database lies among the code and hides it, what every deploy changes tells instead."""
    newest, found = 0, "the app"
    for path in _MARKERS:
        try:
            status = reader.stat(f"{app.real}/{path}")
        except OSError:
            continue
        if status and status.ctime_ns > newest:
            newest, found = status.ctime_ns, path
    return newest, found


def _pools_start(app: App, fpm: Fpm | Unknown | Absent, opcache: Opcache | Unknown | Absent) -> float:
    """When the youngest of the app's pools began, as its OPcache, its status page or its master tells."""
    caches = dict(opcache.pools) if isinstance(opcache, Opcache) else {}
    starts = []
    for master, pool in fpm.serving(app.pools) if isinstance(fpm, Fpm) else ():
        cache = caches.get(pool.id)
        status = 0.0 if isinstance(pool.status, Unknown) else pool.status.start
        starts.append(max(float(cache.start_time) if isinstance(cache, PoolOpcache) else 0.0, status, master.start))
    return min(starts, default=0.0)
