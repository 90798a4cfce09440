"""A setting in any ini, pool, nginx or unit file, with and without a reload."""

from random import Random
from typing import Final

from benchmarks.chaos.edits.written import write
from tests.lab import Host

_INI: Final = (
    "memory_limit = 77M", "display_errors = On", "max_execution_time = 7", "opcache.memory_consumption = 64",
    "opcache.validate_timestamps = 0", "opcache.revalidate_freq = 60", "opcache.enable = 0", "post_max_size = 20K",
    "date.timezone = Asia/Tokyo", "disable_functions = posix_geteuid,posix_getpwuid", "extension = no_such_extension",
    "auto_prepend_file = /srv/no-such.php", "session.gc_maxlifetime = 7", "default_charset = ISO-8859-1", "nonsense",
    "expose_php = On", "zend.assertions = 1", "error_reporting = 0", "opcache.jit = off", "variables_order = GPS",
)  # fmt: skip
_POOL: Final = (
    "php_admin_value[memory_limit] = 78M", "php_value[display_errors] = 1", "env[APP_ENV] = staging",
    "env[RELEASE] = r9",
    "pm.max_children = 3", "pm.max_requests = 3", "request_terminate_timeout = 5", "security.limit_extensions = .php5",
    "clear_env = no", "rlimit_files = 777", "chdir = /tmp", "user = deploy", "nonsense = 1", "process.priority = 5",
    "php_admin_flag[opcache.enable] = off", "catch_workers_output = yes", "listen.mode = 0600",
)  # fmt: skip
_GLOBAL: Final = ("rlimit_files = 776", "process.priority = 7", "log_level = debug", "nonsense = 1", "process.max = 3")
_SERVER: Final = (
    "add_header X-Chaos yes always;", "client_max_body_size 1k;", "client_max_body_size 9m;", "return 503;",
    "location = /api/v1/agents { return 404; }", "server_name other.test;", "listen 8080;", "nonsense on;",
    "location ~ ^/api/conversation { deny all; }", "error_page 404 /index.php;", "root /srv;", "server_tokens off;",
    "location = /index.php { return 410; }", "if ($request_method = PUT) { return 405; }", "fastcgi_read_timeout 1;",
)  # fmt: skip
_PARAMETERS: Final = (
    ("APP_ENV", "staging"), ("RELEASE", "r8"), ("PHP_VALUE", "display_errors=1"), ("HTTP_PROXY", "x"), ("HTTPS", "on"),
)  # fmt: skip
_MAIN: Final = ("worker_rlimit_nofile 555;", "nonsense on;", "env APP_ENV=staging;", "worker_priority 5;")
_UNIT: Final = (
    "LimitNOFILE=4321",
    "Environment=APP_ENV=staging",
    "Nice=5",
    "UMask=0077",
    "LimitCORE=0",
    "PrivateTmp=yes",
)
_AFTER: Final = (
    "", "", "", "systemctl reload nginx", "systemctl reload $FPM", "systemctl restart $FPM", "systemctl daemon-reload",
)  # fmt: skip


def ini(host: Host, chance: Random) -> str:
    """A line at the end of an ini file of PHP-FPM or of the command line, or of the app's .user.ini."""
    paths = host.sh('ls /etc/php/"$PHP"/{fpm,cli}/php.ini /etc/php/"$PHP"/{fpm,cli}/conf.d/*.ini').splitlines()
    user_ini = f"{host.app}/public/.user.ini"
    path = chance.choice([*sorted(paths), user_ini, user_ini, user_ini])
    if path == user_ini:
        host.sh(f"touch '{path}'; chown \"$WWW\": '{path}'")
    return _appended(host, chance, path, chance.choice(_INI))


def pool(host: Host, chance: Random) -> str:
    """A line at the end of the pool's file, or below [global] of php-fpm.conf."""
    if chance.random() < 0.3:
        return _inserted(host, chance, f"/etc/php/{host.php}/fpm/php-fpm.conf", "[global]", chance.choice(_GLOBAL))
    return _appended(host, chance, host.sh('echo "$POOL"'), chance.choice(_POOL))


def nginx(host: Host, chance: Random) -> str:
    """A directive of the app's server block, or of nginx.conf."""
    if chance.random() < 0.2:
        return _inserted(host, chance, "/etc/nginx/nginx.conf", "pid /run/nginx.pid;", chance.choice(_MAIN))
    return _inserted(host, chance, "/etc/nginx/sites-available/api-gateway", "server {", chance.choice(_SERVER))


def parameter(host: Host, chance: Random) -> str:
    """What nginx tells PHP."""
    name, value = chance.choice(_PARAMETERS)
    path = chance.choice(("/etc/nginx/fastcgi_params", "/etc/nginx/snippets/fastcgi-php.conf"))
    return _appended(host, chance, path, f'fastcgi_param {name} "{value}";')


def unit(host: Host, chance: Random) -> str:
    """A drop-in of a unit, with or without systemd reading it."""
    name, line = chance.choice((f"php{host.php}-fpm", "nginx", "api-gateway-queue")), chance.choice(_UNIT)
    host.sh(f"mkdir -p /etc/systemd/system/{name}.service.d; touch /etc/systemd/system/{name}.service.d/chaos.conf")
    return _written(host, chance, f"/etc/systemd/system/{name}.service.d/chaos.conf", f"[Service]\n{line}\n", line)


def _appended(host: Host, chance: Random, path: str, line: str) -> str:
    return _written(host, chance, path, f"{host.pull(path).decode().rstrip()}\n{line}\n", line)


def _inserted(host: Host, chance: Random, path: str, after: str, line: str) -> str:
    text = host.pull(path).decode()
    if after not in text:
        raise RuntimeError(f"{path} has no {after}")
    parts = text.split(after)
    # Where there is one place only, chance is not asked: seeds stay what they were.
    at = 1 if len(parts) == 2 else chance.randrange(1, len(parts))
    edited = f"{after.join(parts[:at])}{after}\n{line}{after.join(parts[at:])}"
    return _written(host, chance, path, edited, line)


def _written(host: Host, chance: Random, path: str, text: str, line: str) -> str:
    how, then = write(host, chance, path, text.encode()), chance.choice(_AFTER)
    host.sh(then or "true", check=False)
    return f"{line} in {path}, {how}{f'; then {then}' if then else ''}"


EDITS = (ini, ini, pool, nginx, nginx, parameter, unit)
