"""The lab keeps its word: hosts are quick, healthy, watched closely, and leave nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab import FPMS, LAYOUTS, NOISE, SUITES, USERS, Host, available, mirror, places, state
from tests.lab.layer import layer, recipe

pytestmark = [pytest.mark.live]

needs_hosts = pytest.mark.skipif(available() is not None, reason=str(available()))


@pytest.fixture(scope="module")
def host():
    with Host.up() as booted:
        yield booted


@needs_hosts
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("debian", SUITES)
def test_every_kind_of_host_is_healthy(debian, layout, user):
    with Host.up(debian, layout, user) as up:
        assert up.get().status == 200
        assert f'"user":"{user}"' in up.get().body
        assert up.get("/").status == 200
        assert up.get("/status").status == 404
        assert up.post().status == 200
        answer = up.request(
            "POST",
            "/api/retell/function",
            body='{"call_id":"test","function":"test_function"}',
            headers={"Content-Type": "application/json", "X-Request-Id": "req-1"},
        )
        assert (answer.status, '"call_id":"test"' in answer.body) == (200, True)
        log = up.sh("grep -h RetellFunctionCallHandler storage/logs/laravel.log | tail -1")
        assert '"call_id":"test"' in log
        assert '"request_id":"req-1"' in log
        assert up.sh("systemctl is-system-running --wait") == "running"
        assert up.sh("systemctl show -p User --value api-gateway-queue") == user
        assert up.sh('find -L . ! -user "$WWW" ! -path "./.git*" | head') == ""
        assert up.sh('grep -il "jit\\|warning\\|error" /var/log/php*-fpm.log /var/log/nginx/error.log || true') == ""
        assert up.sh("grep -c ERROR storage/logs/laravel.log || true") == "0"
        assert int(up.sh('stat -c %s "$CACHE/routes-v7.php"')) > 400_000
        assert int(up.sh('stat -c %s "$CACHE/config.php"')) > 50_000
        if layout == "git":
            assert up.sh("git status --porcelain", user="deploy") == ""


OPCACHE = {
    "validate_timestamps": True,
    "revalidate_freq": 2,
    "file_update_protection": 2,
    "memory_consumption": 128 << 20,
}
POOL = {
    "pm": "dynamic", "pm.max_children": "5", "pm.start_servers": "2", "pm.min_spare_servers": "1",
    "pm.max_spare_servers": "3", "pm.status_path": "undefined",
}  # fmt: skip


@needs_hosts
@pytest.mark.parametrize("values", [fpm for fpm in FPMS if fpm != "tuned"])
@pytest.mark.parametrize(
    ("debian", "user"), [("bookworm", "www-data"), ("bookworm", "gateway"), ("trixie", "www-data")]
)
def test_a_stock_host_has_the_values_as_shipped_and_serves_the_app(debian, user, values):
    with Host.up(debian, user=user, fpm=values) as up:
        assert f'"user":"{user}"' in up.get().body
        assert up.sh("systemctl is-system-running --wait") == "running"
        told = dict(re.findall(r"NOTICE: \t(\S+) = (.*)", up.sh('"php-fpm$PHP" -tt 2>&1')))
        assert told["process_control_timeout"] == "0s"
        assert {name: told[name] for name in POOL} == POOL
        assert (told["user"], told["listen"]) == (user, up.sh('echo "$SOCK"'))
        assert told["listen"].startswith("/run/php/") == (values == "debian")
        assert (told["listen"] == "127.0.0.1:9000") == (values == "upstream")
        page = """<?php echo json_encode(opcache_get_configuration()["directives"]);"""
        seen = json.loads(
            up.sh(f"echo '{page}' > public/values.php; curl -s http://127.0.0.1/values.php; rm public/values.php")
        )
        assert {name: seen[f"opcache.{name}"] for name in OPCACHE} == OPCACHE
        assert "api-gateway" not in up.sh('ls /etc/php/"$PHP"/fpm/conf.d')
        up.ini("opcache.validate_timestamps=0")
        up.warm()
        assert len(up.workers()) >= 2


@needs_hosts
def test_a_debian_hosts_files_are_debians():
    with Host.up(fpm="debian") as up:
        shipped = up.sh("dpkg-query -W -f '${Conffiles}\\n' php8.2-fpm").split()
        for name in ("php-fpm.conf", "pool.d/www.conf"):
            path = f"/etc/php/8.2/fpm/{name}"
            digest = shipped[shipped.index(path) + 1]
            assert up.sh(f"md5sum {path}").split()[0] == digest


@needs_hosts
def test_queued_jobs_run_as_the_pools_user(host):
    host.sh("systemctl start api-gateway-queue")
    host.post(body='{"name":"book_appointment","call":{"call_id":"queued"}}')
    script = "for i in $(seq 60); do grep queued storage/logs/queue.log && exit 0; sleep .1; done; exit 1"
    assert "job-v1" in host.sh(script)
    assert host.sh('grep -l "FAILED" storage/logs/* || true') == ""


@needs_hosts
def test_diff_sees_each_kind_of_change_and_nothing_else(host):
    host.mark()
    assert host.diff(ignore=NOISE) == []
    host.sh(
        "chmod 600 artisan; rm composer.lock; echo '//' >>routes/web.php; touch -d @1 config/app.php;"
        "chown root public/robots.txt; mkdir new; echo 1 >new/file; touch resources/gone; rm resources/gone;"
        "chmod 700 database; setfacl -m u:nobody:r config/mail.php"
    )
    found = ["artisan", "composer.lock", "config/app.php", "config/mail.php", "database", "new", "new/file"]
    found += ["public/robots.txt", "resources", "routes/web.php"]
    assert host.diff(ignore=NOISE) == [f"{host.app}/{path}" for path in found]
    host.mark()
    host.sh("chmod 600 artisan; cat artisan routes/web.php >/dev/null; stat .; ls -laR . >/dev/null")
    assert host.diff(ignore=[*NOISE, f"{host.app}/artisan"]) == []
    host.sh("rm -r new")
    assert f"{host.app}/new/file" in host.diff(ignore=NOISE)


@needs_hosts
def test_requests_change_only_the_access_log(host):
    host.warm()
    log = host.file("/var/log/nginx/access.log")
    host.mark()
    before = log.stat().st_size
    host.get()
    deadline = time.monotonic() + 5  # nginx writes the line after it has sent the answer
    while log.stat().st_size == before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [path for path in host.diff() if not path.startswith("/var/log/journal")] == ["/var/log/nginx/access.log"]


@needs_hosts
@pytest.mark.parametrize("layout", ["plain", "releases"])
def test_a_stop_and_a_boot_keep_everything(layout):
    with Host.up(layout=layout) as up:
        up.sh("chattr +i artisan; touch -d @1 config/app.php; chmod 711 public")
        ignored = ("storage/app/schedule.heartbeat", "storage/app")
        before = up.snapshot(up.app)
        assert before["config/app.php"].mtime_ns == 10**9
        for orderly in (True, False):
            up.stop(orderly=orderly)
            assert state.load(up.name).running() is None
            stopped = up.snapshot(up.app)
            up.boot()
            after = up.snapshot(up.app)
            for name in ignored:
                for taken in (before, stopped, after):
                    taken.pop(name, None)
            assert before == stopped == after
        assert up.get().status == 200


@needs_hosts
def test_warm_reaches_every_worker(host):
    host.ini("opcache.validate_timestamps=0")
    host.warm()
    workers = host.workers()
    assert len(workers) >= 2
    assert host.sh("pgrep -f 'pool www' | wc -l") == str(len(workers))
    assert host.sh("grep validate_timestamps /etc/php/$PHP/fpm/conf.d/99-lab.ini") == "opcache.validate_timestamps=0"


@needs_hosts
def test_scripts_fail_loudly_and_end_in_time(host):
    with pytest.raises(RuntimeError, match="missing-file"):
        host.sh("ls missing-file")
    assert "missing-file" in host.sh("ls missing-file", check=False)
    start = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        host.sh("sleep 77", timeout=0.5)
    assert host.sh("sleep 66 & echo gone") == "gone"
    assert time.monotonic() - start < 5
    assert host.sh("pgrep -xf 'sleep 77' || true") == ""
    assert host.exec(["cat"], stdin="fed", user="deploy").stdout == "fed"
    assert host.exec(["false"]).returncode == 1


@needs_hosts
def test_files_go_in_and_out(host, tmp_path):
    (tmp_path / "tool").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "tool").chmod(0o755)
    host.push(tmp_path / "tool", "/opt/tool")
    assert host.sh("/opt/tool; stat -c %U /opt/tool") == "hello\nroot"
    assert host.pull("/opt/tool") == (tmp_path / "tool").read_bytes()


@needs_hosts
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_dying_process_leaves_no_host(number):
    # What starts the tests may ignore SIGINT (a shell's background job does), and children inherit that.
    script = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); from tests.lab import Host; "
        "h = Host.up(); print(h.name, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=places.REPOSITORY)
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    child.send_signal(number)
    child.wait(30)
    child.stdout.close()
    if number == signal.SIGKILL:
        subprocess.run([sys.executable, "-m", "tests.lab", "gc"], cwd=places.REPOSITORY, check=True, timeout=60)
    assert not (places.hosts() / name).exists()
    assert name not in Path("/proc/mounts").read_text()


@needs_hosts
def test_two_builders_build_once_and_half_a_layer_is_never_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVEPROOF_LAB", str(tmp_path))
    script = (
        "import pathlib, time; from tests.lab.layer import layer\n"
        "def build(at):\n"
        f"    pathlib.Path(r'{tmp_path}', f'built-{{time.monotonic_ns()}}').touch()\n"
        "    time.sleep(.5); (at / 'whole').touch()\n"
        "assert (layer('x', 'key', build) / 'whole').exists()\n"
    )
    run = [sys.executable, "-c", script]
    first = subprocess.Popen(run, cwd=places.REPOSITORY)
    time.sleep(0.3)
    first.kill()
    first.wait(10)
    assert not (tmp_path / "layers/x-key").exists()
    children = [subprocess.Popen(run, cwd=places.REPOSITORY) for _ in range(2)]
    assert [child.wait(30) for child in children] == [0, 0]
    assert len(list(tmp_path.glob("built-*"))) <= 2
    assert os.listdir(tmp_path / "layers") == ["x-key"]


def test_a_recipe_is_its_contents(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("1")
    first = recipe("x", tmp_path)
    assert recipe("x", tmp_path) == first
    (tmp_path / "a").chmod(0o755)
    assert recipe("x", tmp_path) != first
    monkeypatch.setenv("LIVEPROOF_LAB", str(tmp_path / "lab"))
    built: list[Any] = []
    assert layer("y", "k", built.append) == layer("y", "k", built.append)
    assert len(built) == 1


DEB822 = """\
Types: deb
# of the past
URIs: http://m.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://m.example/debian-security/
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEB822, mirror.Mirror("http://m.example/debian", "http://m.example/debian-security")),
        ("Types: deb\nURIs: https://node.example/node\nSuites: nodistro\nComponents: main\n", None),
        ("Types: deb\nURIs: http://a.example/ubuntu\nSuites: noble\nComponents: main\n", None),
        ("Types: deb-src\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\n", None),
    ],
)
def test_mirror_from_deb822(text, expected):
    assert mirror.choose(list(mirror.deb822(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "deb [arch=amd64] http://a.example/debian trixie main contrib # c\n\n"
                "deb http://a.example/debian-security trixie-security main"
            ),
            mirror.Mirror("http://a.example/debian", "http://a.example/debian-security"),
        ),
        ("deb http://a.example/debian/ bookworm main", mirror.Mirror("http://a.example/debian", None)),
        ("# deb http://a.example/debian bookworm main", None),
        ("deb https://cloud.example/apt cloud-sdk-bookworm main", None),
        ("deb [signed-by=/usr/share/keyrings/php.gpg] https://php.example/php/ bookworm main", None),
        ("deb https://docker.example/linux/debian bookworm stable", None),
        ("deb http://a.example/ubuntu noble main", None),
    ],
)
def test_mirror_from_one_line_sources(text, expected):
    assert mirror.choose(list(mirror.one_line(text))) == expected


def test_no_root_is_a_reason_not_a_traceback():
    setpriv = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    script = "import sys; sys.dont_write_bytecode = True; from tests.lab import available; print(available())"
    # The interpreter itself may lie where another user cannot reach; the system's can.
    command = [*setpriv, "/usr/bin/python3", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=places.REPOSITORY, timeout=30)
    assert "root" in done.stdout, done.stderr
