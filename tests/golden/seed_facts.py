"""What the probes saw on the seed's host, broken and mended."""

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files, SectionTimes
from liveproof.model.facts.fpm import Fpm, Master, Pool, Socket, Unit, Worker
from liveproof.model.facts.laravel import CacheFile, Laravel
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.facts.nginx import FastcgiPass, Listen, Nginx, Server
from liveproof.model.facts.opcache import Opcache, PoolOpcache, Script
from liveproof.model.facts.release import Release
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Absent
from tests.golden.filled import filled

AT = 1_761_301_800.0  # 2025-10-24 10:30:00 UTC, when the seed's document was written
PATH = "/var/www/api-gateway"
HANDLER = f"{PATH}/app/Http/Controllers/RetellFunctionCallHandler.php"
SOCKET = "/run/php/php8.3-fpm.sock"
APP = App(
    PATH, PATH, f"{PATH}/public", "www-data", 33, 33, (33,), ("8.3/www",), ("/etc/nginx/sites-enabled/api:1",), True
)


def _files(*, broken: bool) -> Files:
    handler = ("RetellFunctionCallHandler.php", "RetellWebhookController.php", "ConversationFlowController.php")
    owner = 0 if broken else 33
    return filled(
        Files,
        root=PATH,
        count=3215,
        classes=(
            FileClass("code", "f", 0o644, owner, owner, False, (("app/Http/Controllers", "/".join(handler)),), 3),
            FileClass("code", "f", 0o644, 33, 33, False, (("routes", "api.php/web.php"),), 3212),
        ),
        times=(SectionTimes("code", int((AT - 1342) * 1e9), HANDLER[len(PATH) + 1 :], int((AT - 142) * 1e9), "app"),),
        signature="s1",
    )


def _opcache(*, broken: bool) -> Opcache:
    start = int(AT - 638 if broken else AT - 10)
    cache = filled(
        PoolOpcache,
        pool="8.3/www",
        pid=812,
        enabled=True,
        start_time=start,
        since=float(start),
        hits=95_000 if broken else 900,
        misses=5_000 if broken else 100,
        settings=(
            ("opcache.enable", "1"),
            ("opcache.validate_timestamps", "0"),
            ("opcache.revalidate_freq", "2"),
            ("opcache.jit", "1235"),
            ("opcache.jit_buffer_size", "67108864"),
        ),
        keys=640,
        max_keys=16229,
        cached_scripts=612,
        memory_used=38_000_000,
        memory_free=96_000_000,
        memory_wasted=217_728,
        jit_on=True,
        jit_buffer=67108848,
        php="8.3.23",
        scripts=(filled(Script, path=HANDLER, hits=41, memory=9000, exists=True),),
    )
    return filled(Opcache, pools=(("8.3/www", cache),), now=AT)


def _cache(kind: str, name: str, size: int, *, fresh: bool) -> CacheFile:
    return filled(
        CacheFile,
        kind=kind,
        path=f"bootstrap/cache/{name}",
        exists=True,
        size=size,
        mtime_ns=int((AT - 90000) * 1e9),
        uid=33,
        gid=33,
        mode=0o644,
        readable=True,
        fresh=fresh,
        differs=() if fresh else ("api/retell/function",),
    )


def _fpm(*, broken: bool) -> Fpm:
    pool = filled(
        Pool,
        version="8.3",
        name="www",
        file="/etc/php/8.3/fpm/pool.d/www.conf",
        user="www-data",
        group="www-data",
        uid=33,
        gid=33,
        address=f"unix:{SOCKET}",
        pm="dynamic",
        max_children=10,
        workers=tuple(Worker(800 + n, AT - 600, 33) for n in range(5)),
        socket=Socket(True, True, 33, 33, 0o660, True),
    )
    unit = Unit("php8.3-fpm.service", "loaded", "active", "running", "success", 799, False, "enabled", True)
    master = filled(
        Master,
        version="8.3",
        pid=799,
        start=AT - 638 if broken else AT - 10,
        binary="/usr/sbin/php-fpm8.3",
        config="/etc/php/8.3/fpm/php-fpm.conf",
        error_log="/var/log/php8.3-fpm.log",
        unit=unit,
        pools=(pool,),
    )
    return Fpm((master,))


def _nginx() -> Nginx:
    passes = filled(FastcgiPass, location="~ \\.php$", address=f"unix:{SOCKET}", addresses=(f"unix:{SOCKET}",))
    server = Server(
        "/etc/nginx/sites-enabled/api",
        1,
        ("api.gateway.example",),
        (Listen("*", 80, False, False),),
        f"{PATH}/public",
        ("index.php",),
        (passes,),
        "/var/log/nginx/access.log",
        "/var/log/nginx/error.log",
    )
    return filled(Nginx, version="1.24.0", valid=True, worker_user="www-data", uid=33, gid=33, servers=(server,))


def _wire(*, broken: bool) -> Wire:
    def exchange(way: str, seconds: float) -> Exchange:
        return filled(
            Exchange,
            way=way,
            method="POST",
            path="/api/retell/function",
            host="api.gateway.example",
            status=200,
            seconds=seconds,
            body="SECRET=hunter2",
            passed=True,
        )

    return Wire((exchange("pool", 0.011 if broken else 0.034), exchange("nginx", 0.012 if broken else 0.013)), True)


def facts(*, broken: bool) -> dict[type, object]:
    """What the probes saw on that host."""
    access = filled(
        Access, writable=(("bootstrap/cache", not broken), ("storage", True), ("storage/logs", True)), asked=3215
    )
    laravel = filled(
        Laravel,
        version="11.31.0",
        php="/usr/bin/php8.3",
        environment="production",
        debug=False,
        caches=(
            _cache("config", "config.php", 54_000, fresh=True),
            _cache("routes", "routes-v7.php", 437_000, fresh=not broken),
            _cache("packages", "packages.php", 4_600, fresh=True),
            _cache("services", "services.php", 24_000, fresh=True),
        ),
        log_files=(f"{PATH}/storage/logs/laravel.log",),
        overrides=(),
        keyed=True,
        package_caches=(),
    )
    denied = LogGroup(
        f"{PATH}/storage/logs/laravel.log",
        "permission",
        "f1",
        "error",
        "file_put_contents(bootstrap/cache/routes-v7.php): Permission denied",
        7,
        AT - 300,
        AT - 60,
        (),
    )
    logs = filled(Logs, since=AT - 1342, groups=(denied,) if broken else (), read=(f"{PATH}/storage/logs/laravel.log",))
    return {
        App: APP,
        Files: _files(broken=broken),
        Access: access,
        Opcache: _opcache(broken=broken),
        Laravel: laravel,
        Fpm: _fpm(broken=broken),
        Nginx: _nginx(),
        Wire: _wire(broken=broken),
        Logs: logs,
        Release: Absent("no release is named and the app is not a git repository"),
    }
