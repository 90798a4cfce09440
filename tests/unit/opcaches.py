"""Pools and scripts for the tests of OPcache: healthy unless told otherwise."""

from typing import Any

from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool, Unit
from liveproof.model.facts.nginx import FastcgiPass, Nginx, Server
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script, Source
from liveproof.model.findings import Unknown

BEGAN = 1_790_000_000
NOW = BEGAN + 1000


def script(path: str = "/srv/app/public/index.php", *, mtime: float = 0, ctime: float = 0, **fields: Any) -> Script:
    """A script that was compiled after its file's last change; times in epoch seconds, whole ones get a fraction."""
    mtime, ctime = mtime or BEGAN - 1000, ctime or BEGAN - 1000
    values: dict[str, Any] = {
        "hits": 5,
        "memory": 1000,
        "timestamp": 0,
        "last_used": BEGAN + 100,
        "revalidate": 0,
        "exists": True,
        "mtime_ns": int(mtime * 1e9) + 1,
        "ctime_ns": int(ctime * 1e9) + 1,
        "placed_ns": 0,
        "seen_by": 0,
        "same": None,
        **fields,
    }
    return Script(path=path, **values)


def pool(
    validates: str = "1",
    *,
    freq: str = "2",
    protection: str = "2",
    file_cache: str = "",
    file_cache_only: str = "0",
    preload: str = "",
    **fields: Any,
) -> PoolOpcache:
    """A warm pool."""
    settings = {
        "opcache.enable": "1",
        "opcache.validate_timestamps": validates,
        "opcache.revalidate_freq": freq,
        "opcache.file_update_protection": protection,
        "opcache.file_cache": file_cache,
        "opcache.file_cache_only": file_cache_only,
        "opcache.preload": preload,
        **fields.pop("settings", {}),
    }
    values: dict[str, Any] = {
        "pool": "8.2/www",
        "pid": 7,
        "loaded": True,
        "enabled": True,
        "start_time": BEGAN,
        "last_restart_time": 0,
        "since": float(BEGAN),
        "now": NOW,
        "hits": 100_000,
        "misses": 300,
        "keys": 600,
        "max_keys": 16229,
        "cached_scripts": 300,
        "oom_restarts": 0,
        "hash_restarts": 0,
        "manual_restarts": 0,
        "restart_pending": False,
        "memory_used": 20_000_000,
        "memory_free": 100_000_000,
        "memory_wasted": 0,
        "jit_enabled": False,
        "jit_on": False,
        "jit_buffer": 0,
        "cache_full": False,
        "realpath": (),
        "extensions": ("Zend OPcache",),
        "php": "8.2.36",
        "scripts": (),
        "entries": (),
        "incomplete": False,
        **fields,
    }
    return PoolOpcache(settings=tuple(settings.items()), **values)


def app(path: str = "/srv/app", real: str = "") -> App:
    """An app that the pool serves; with ``real`` it is served through a link."""
    return App(path, real or path, f"{path}/public", "www-data", 33, 33, (33,), ("8.2/www",), ("/n:1",), True)


def opcache(*pools: PoolOpcache, link_moved: float = 0.0, sources: tuple[Source, ...] = ()) -> Opcache:
    """The fact of these pools."""
    return Opcache(tuple((one.pool, one) for one in pools), link_moved, float(NOW), sources)


def nginx(*passes: FastcgiPass, root: str = "/srv/app/public", roots: tuple[str, ...] = ()) -> Nginx:
    """An nginx whose first server block serves the app, and one more for each further root."""
    servers = [
        Server("/n", line, ("_",), (), where, ("index.php",), passes if line == 1 else (), "", "")
        for line, where in enumerate((root, *roots), 1)
    ]
    return Nginx(
        "/usr/sbin/nginx", "1.22.1", "/n", True, (), (), "www-data", 33, 33, (33,), tuple(servers), None,
        "nginx.service", test=("/usr/sbin/nginx", "-t"),
    )  # fmt: skip


def passing(variable: str = "$document_root", *, file: str = "/n", line: int = 5) -> FastcgiPass:
    """A location that hands PHP its script below this variable."""
    address = "unix:/run/php/php8.2-fpm.sock"
    return FastcgiPass(
        "~ php", address, (address,), f"{variable}$fastcgi_script_name", variable, file, line, "/srv/app/public"
    )


def fpm(control_timeout: float = 10.0, *, unit: str = "php8.2-fpm.service") -> Fpm:
    """A running master with the one pool."""
    away = Unknown("not asked")
    one = Pool(
        "8.2", "www", "/p", "www-data", "www-data", 33, 33, (33,), "unix:/run/php/php8.2-fpm.sock",
        "dynamic", 5, 1, "", "", 0, 0, (), (), away, away,
    )  # fmt: skip
    state = Unit(unit, "loaded", "active", "running", "success", 9, False, "enabled", False) if unit else away
    master = Master(
        "8.2", 9, 1.0, "/usr/sbin/php-fpm8.2", "/etc/php/8.2/fpm/php-fpm.conf", (), control_timeout, "", state,
        (one,), test=("/usr/sbin/php-fpm8.2", "-t"),
    )  # fmt: skip
    return Fpm((master,))
