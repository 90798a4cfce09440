"""More than a hundred secrets on one host, and every text and file of liveproof's looked through for them.

Four scenes on a host whose configurations are full of secrets: an app with stale caches and foreign owners; plans that
edit the files of PHP-FPM and nginx; an artisan that fails with secrets in its mouth; a site that answers with them.
What a run keeps for its undo (`kept-N`, 0600) is the file as it was, and is not looked at.
"""

# ruff: noqa: E501  (one secret a line)

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.trial import Budget, Trial
from liveproof.rules import load
from tests import faults
from tests.lab import Host

# Names of variables, each with a value of its own in .env and in a configuration.
_ENV: Final = [
    "DB_PWD",
    "DB_PASS",
    "DB_PASSWORD",
    "STRIPE_KEY",
    "STRIPE_SECRET",
    "JWT_SECRET",
    "ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "MY_CUSTOM",
    "HASH_SALT",
    "MAIL_AUTH",
    "MAIL_PASSWORD",
    "LOGIN_PIN",
    "SESSION_COOKIE",
    "ENCRYPTION",
    "OAUTH_CLIENT_SECRET",
    "WEBHOOK_SIG",
    "PASSPHRASE",
    "CREDENTIAL",
    "LICENSE",
]
# What a log line, an exception or an answer may hold; {} is the secret.
_SAID: Final = (
    "DB_PASS={}", "STRIPE_KEY={}", "password is {}", '{{"pass":"{}"}}', '{{"password":"{}"}}', '{{\\"password\\":\\"{}\\"}}',
    "Cookie: laravel_session={}; path=/", "X-Api-Key: {}", "Authorization: Bearer {}", "Authorization: Token {}",
    "mysql://root:{}@db/x", "https://{}@api/x", "/login?auth={}", "/hook?sig={}&x=1", "PDO connect('mysql:host=db','root','{}')",
    "pwd: {}", "AUTH {} failed", "DB_PASSWORD = {}", 'secret => "{}"', "mysqldump -p{}", "key: {}", "credential={}",
    "access_key={}", "passphrase: {}", "(SQL: insert into users values ({}))", "boom {}", "open /reset/{} failed",
)  # fmt: skip
_COMMAND: Final = (
    "TOKEN={0} php artisan {1}", "php artisan {1} --token={0}", "php artisan {1} --password {0}", "php artisan {1} --key {0}",
    'php artisan {1} && curl -H "X-Api-Key: {0}" https://h/', "php artisan {1} && curl -H 'X-Custom: {0}' https://h/",
    "php artisan {1} && curl -u user:{0} https://h/", "php artisan {1} && curl https://u:{0}@h/", "php artisan {1} -p{0}",
    "php artisan {1} && mysqldump -p{0} db", "php artisan {1} && redis-cli -a {0} ping", "php artisan {1} && curl 'https://h/?sig={0}'",
    "php artisan {1} && curl -b s={0} -d '{0}' https://h/",
)  # fmt: skip
_READ: Final = """
import glob, os, sqlite3, sys, zlib
for top in ("/var/lib/liveproof", "/run", "/tmp", "/var/tmp"):
    for folder, _, names in os.walk(top):
        if folder.startswith("/run/systemd") or folder.startswith("/run/log"):
            continue
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith("kept-") or not os.path.isfile(path) or os.path.getsize(path) > 50_000_000:
                continue
            if top != "/var/lib/liveproof" and "liveproof" not in path:
                continue
            data = open(path, "rb").read()
            print("FILE", path, data.decode(errors="replace").replace("\\n", " "))
for (body,) in sqlite3.connect("/var/lib/liveproof/history.db").execute("SELECT body FROM run"):
    print("FILE history.db", zlib.decompress(body).decode())
"""


class _Vault:
    """Secrets, each with where it stands."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def new(self, place: str) -> str:
        """A word with digits that nothing else on a host holds."""
        value = f"zqleak{len(self.places) + 1:03d}word"
        self.places[value] = place
        return value

    def found(self, text: str) -> str:
        """The places of those that the text holds, a few of them."""
        places = sorted(
            {self.places[value] for value in set(re.findall(r"zqleak\d{3}word", text)) if value in self.places}
        )
        return f"{len(places)} told: {'; '.join(places[:8])}" if places else ""


Scene = Callable[[Host, _Vault], None]


def trials(budget: Budget) -> Iterator[Trial]:
    """Each scene with all that liveproof says in it, then all that it keeps."""
    vault = _Vault()
    with Host.up(budget.suite) as host:
        _configurations(host, vault)
        yield from _told(
            host, vault, "stale caches, owners", _stale, {"LAR001", "SYS001", "FIL001", "LAR015"}, short=budget.short
        )
        for code in () if budget.short else ("FPM003", "OPC013", "OPC004"):
            yield from _told(host, vault, f"an edit for {code}", _fault(code), {code}, short=budget.short)
        if not budget.short:
            yield from _told(host, vault, "artisan fails", _artisan_fails, set(), short=budget.short)
            yield from _told(host, vault, "answers with secrets", _answers, {"WIR001"}, short=budget.short)
            yield from _told(host, vault, "nginx refuses", _nginx_refuses, {"NGX001"}, short=budget.short)
        kept = host.exec(["python3", "-c", _READ], timeout=60)
        files = sum(line.startswith("FILE") for line in kept.stdout.splitlines())
        few = (
            ""
            if files > 5 and "FILE history.db" in kept.stdout
            else f"only {files} files were read: {kept.stderr[-300:]}"
        )
        yield Trial("what is kept", vault.found(kept.stdout) or few, f"{files} files")
    enough = len(vault.places) >= 100
    yield Trial("enough was planted", "" if enough else f"only {len(vault.places)}", f"{len(vault.places)} secrets")


def _told(host: Host, vault: _Vault, name: str, scene: Scene, expected: set[str], *, short: bool) -> Iterator[Trial]:
    """A scene, and everything that liveproof prints in it."""
    scene(host, vault)
    everything: list[str] = []
    ways = [
        *(("check", "--format", form) for form in ("text", "json", "markdown")),
        *(("fix", "--dry-run", "--allow", "disruptive", "--format", form) for form in ("text", "json", "markdown")),
        ("fix", "--script", "--save", "/root/plan.json", "--allow", "disruptive"), ("record",), ("config", "show"), ("config", "show", "--format", "json"),
        *(("explain", what) for what in (("SYS001", "LAR001") if short else ("SYS001", "LAR001", "WIR001", "OPC004",
          "FPM003", "permission denied", "code changes still not taking effect"))),
        ("fix", "--yes", "--allow", "disruptive", "--format", "json"),
        *(("report", "--format", form) for form in ("text", "json", "markdown")), ("rollback",),
    ]  # fmt: skip
    if short:
        ways = [ways[number] for number in (1, 2, 6, 7)] + [ways[-5], ways[-2]]
    found: set[str] = set()
    for way in ways:
        ran = host.liveproof(*way)
        said = ran.stdout + ran.stderr
        if way == ("check", "--format", "json"):
            found = _codes(ran.stdout)
        lost = vault.found(said)
        if "Traceback" in said or ran.returncode == 70:
            lost = lost or f"a bug of ours: {said[-300:]}"
        everything.append(said)
        if lost:
            yield Trial(f"{name}: {' '.join(way[:4])}", lost)
    missing = expected - found
    yield Trial(
        name,
        f"{', '.join(sorted(missing))} was not found, so nothing was tried" if missing else "",
        f"{len(ways)} outputs, {sum(map(len, everything)) // 1000} kB",
    )


def _codes(text: str) -> set[str]:
    try:
        return {finding["code"] for app in json.loads(text)["apps"] for finding in app["findings"]}
    except (ValueError, KeyError):
        return set()


def _fault(code: str) -> Scene:
    rule = next(rule for rule in load() if rule.code == code)

    def scene(host: Host, _: _Vault) -> None:
        faults.of(rule).fault(host)

    return scene


def _configurations(host: Host, vault: _Vault) -> None:
    """nginx, PHP-FPM, units, crontabs, logrotate, liveproof.toml, .env and a configuration, each with secrets."""
    host.sh("mkdir -p /etc/liveproof")
    site = host.file("/etc/nginx/sites-available/api-gateway")
    params = "".join(
        f"fastcgi_param {name} {vault.new(f'nginx fastcgi_param {name}')};\n"
        for name in ("DB_PASS", "API_SECRET", "PLAIN")
    )
    more = (
        f'add_header X-Internal "{vault.new("nginx add_header")}";\n# {vault.new("nginx comment")}\n'
        f"location /hook {{ proxy_set_header Authorization {vault.new('nginx proxy_set_header')}; "
        "proxy_pass http://127.0.0.1:9/; }\n"
    )
    text = site.read_text().replace("fastcgi_pass", f"{params}fastcgi_pass", 1)
    site.write_text(text.replace("location /", f"{more}location /", 1))
    pool = host.file(host.sh("echo $POOL").strip())
    pool.write_text(pool.read_text() + "\n".join([
        "", f"; {vault.new('pool comment')}", f"env[DB_PASS] = {vault.new('pool env')}", f"env[PLAIN] = {vault.new('pool env plain')}",
        f"php_admin_value[mysqli.default_pw] = {vault.new('pool default_pw')}",
        f'php_admin_value[sendmail_path] = "/usr/sbin/sendmail -t -p{vault.new("pool sendmail_path")}"',
        f'php_value[session.save_path] = "tcp://127.0.0.1:6379?auth={vault.new("pool save_path")}"',
        f"php_value[my.own] = {vault.new('pool my.own')}", "php_value[session.save_handler] = files", "",
    ]))  # fmt: skip
    conf = host.sh("ls /etc/php/*/fpm/php-fpm.conf").strip()
    host.file(conf).write_text(f"; {vault.new('php-fpm.conf comment')}\n" + host.file(conf).read_text())
    jobs = [each.format(vault.new(f"crontab {each}"), "schedule:run") for each in _COMMAND]
    host.file("/etc/cron.d/planted").write_text(
        f"TOKEN={vault.new('crontab variable')}\n" + "".join(f"* 3 1 1 * root cd {host.app} && {job}\n" for job in jobs)
    )
    starts = "\n".join(
        f"ExecStart=/bin/sh -c {json.dumps(each.format(vault.new(f'unit {each}'), 'queue:work'))}"
        for each in _COMMAND[:6]
    )
    host.file("/etc/systemd/system/planted.service").write_text(
        f"[Service]\nType=oneshot\nUser=root\nWorkingDirectory={host.app}\nEnvironment=DB_PASS={vault.new('unit Environment')}\n"
        f"{starts}\n[Install]\nWantedBy=multi-user.target\n"
    )
    fpm = host.sh("echo $FPM").strip().removesuffix(".service")
    host.sh(f"mkdir -p /etc/systemd/system/{fpm}.service.d")
    host.file(f"/etc/systemd/system/{fpm}.service.d/planted.conf").write_text(
        f"[Service]\nEnvironment=DB_PASS={vault.new('environment of PHP-FPM')}\n"
    )
    host.file("/etc/logrotate.d/planted").write_text(
        f"{host.app}/storage/logs/*.log {{\n  su root root\n  create 0640 root root\n  postrotate\n"
        f'    curl -H "X-Token: {vault.new("logrotate header")}" https://u:{vault.new("logrotate url")}@h/\n  endscript\n}}\n'
    )
    new = vault.new
    host.file("/etc/liveproof/liveproof.toml").write_text(
        f'[[request]]\nmethod = "POST"\npath = "/api/retell/function?token={new("toml ?token")}&sig={new("toml ?sig")}&x={new("toml ?x")}"\n'
        f'headers = {{ Authorization = "Bearer {new("toml Authorization")}", X-Custom = "{new("toml X-Custom")}" }}\n'
        f'body = \'{{"name":"current_time","password":"{new("toml body")}"}}\'\nstatus = 200\ncontains = "{new("toml contains")}"\n'
        f'logs = "{new("toml logs")}"\n'
    )
    env = {name: new(f".env {name}") for name in _ENV}
    env["REDIS_URL"] = f"redis://:{new('.env REDIS_URL')}@127.0.0.1:6379"
    env["SENTRY_DSN"] = f"https://{new('.env SENTRY_DSN')}@sentry.example.com/1"
    lines = "\n".join(f"{name}={value}" for name, value in env.items())
    entries = ", ".join(f"'{name.lower()}' => env('{name}')" for name in env)
    host.sh(f"cat >> .env <<'X'\n{lines}\nX\n")
    host.file(f"{host.app}/config/planted.php").write_text(
        f"<?php return ['clients' => ['{new('key of an array')}' => 'a', 'd{new('second key of an array')}' => 'a'], "
        f"'literal' => '{new('literal of a configuration')}', {entries}];\n"
    )
    host.sh(
        'chown "$WWW": .env config/planted.php; systemctl daemon-reload; systemctl enable -q planted.service; '
        'systemctl restart "$FPM"; nginx -t -q; systemctl reload nginx',
        timeout=90,
    )
    host.sh("php artisan config:cache", user=host.user)
    words = " ".join(
        f"--token={new('process --token')} --password {new('process --password')} -p{new('process -p')}".split()
    )
    host.sh(
        f"(cd {host.app}; exec -a php python3 -c 'import time; time.sleep(300)' artisan queue:work {words} "
        f"'X-Api-Key: {new('process header')}' >/dev/null 2>&1 &)"
    )


def _stale(host: Host, vault: _Vault) -> None:
    """Every value of the configuration cache differs, files belong to root, the log holds secrets in every form."""
    host.sh("""sed -i "s/=> 'a'/=> 'b'/g; s/'literal' => '/&x/" config/planted.php; sed -i 's/word$/word2/' .env
        chown root:root "$HANDLER" "$CACHE"/packages.php""")
    log = "".join(
        f"[{host.sh('date -u +%F').strip()} {host.sh('date -u +%T').strip()}] production.ERROR: planted {number} "
        f"{form.format(vault.new(f'log {form}'))}\n"
        for number, form in enumerate(_SAID)
    )
    path = host.file(f"{host.storage}/logs/laravel.log")
    with path.open("a") as file:
        file.write(log)


def _artisan_fails(host: Host, vault: _Vault) -> None:
    """The configuration cannot be made, and the exception and standard output quote what it was made of."""
    said = (
        " ".join(form.format(vault.new(f"exception {form}")) for form in _SAID[:6]).replace("\\", "").replace("'", "")
    )
    host.file(f"{host.app}/config/boom.php").write_text(
        f"<?php if (PHP_SAPI === 'cli') {{ echo 'DB_PASS={vault.new('stdout of artisan')}', PHP_EOL; "
        f"throw new RuntimeException('cannot connect {said}'); }} return [];\n"
    )
    host.sh("sed -i 's/^APP_NAME=.*/APP_NAME=again/' .env; chown \"$WWW\": .env config/boom.php")


def _answers(host: Host, vault: _Vault) -> None:
    """The site answers 500 with secrets in headers and body, and logs them."""
    body, head, logged = vault.new("body of an answer"), vault.new("header of an answer"), vault.new("PHP's own log")
    host.file(f"{host.app}/config/boom.php").unlink()
    host.file(f"{host.app}/public/index.php").write_text(
        f"<?php http_response_code(500); header('X-Internal: {head}'); header('Location: https://u:{head}@h/?token={head}'); "
        f"echo 'Fatal: {body} DB_PASS={body}'; error_log('DB_PASS={logged} {logged}'); "
        f"trigger_error('x {logged}', E_USER_ERROR);\n"
    )
    host.sh('systemctl reload "$FPM"; sleep 1')


def _nginx_refuses(host: Host, vault: _Vault) -> None:
    """An address with a password that nginx quotes in its error."""
    site = host.file("/etc/nginx/sites-available/api-gateway")
    address = f"http://u:{vault.new('nginx proxy_pass')}@127.0.0.1:9/"
    site.write_text(
        site.read_text().replace("location /", f"location /other {{ proxy_pass {address}; }}\n    location /", 1)
    )
