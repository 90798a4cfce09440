"""Broken, hostile and missing things: a clear message or an UNKNOWN, never a traceback, a hang, or a loss."""

import json
import re
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import Host
from tests.live.trial import codes, difference, state, told

PATIENCE = 60


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A healthy host of the plain layout."""
    with Host.up(suite) as up:
        yield up


def _report(host: Host, *arguments: str, user: str = "root") -> dict[str, Any]:
    """A check whose output is JSON, within bounded time and without a traceback."""
    started = time.monotonic()
    ran = host.exec(["liveproof", "check", "--format", "json", *arguments], user=user, timeout=PATIENCE)
    assert time.monotonic() - started < PATIENCE / 2, "a check must not hang"
    assert "Traceback" not in ran.stdout + ran.stderr
    assert ran.returncode in (0, 1, 3), ran.stdout + ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    assert not [r for app in report["apps"] for r in app["results"] if "liveproof failed" in r["reason"]], told(report)
    return report


def _reasons(report: dict[str, Any]) -> str:
    return " ".join(link["reason"] for app in report["apps"] for link in app["links"])


def _refused(host: Host, *arguments: str) -> str:
    ran = host.exec(["liveproof", *arguments], timeout=PATIENCE)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr


def test_no_root(host: Host) -> None:
    """Without root the verdict is unproven, and the reasons say what to do."""
    report = _report(host, user="deploy")
    assert report["verdict"] == "unproven", told(report)
    assert "root" in _reasons(report)


def test_wrong_path(host: Host) -> None:
    """A path that is no directory is a usage error that names it."""
    assert "/var/www/nowhere" in _refused(host, "check", "/var/www/nowhere")


def test_no_nginx(host: Host) -> None:
    """A host without nginx is told as such; a named app is examined all the same."""
    host.sh("systemctl stop nginx; mv /usr/sbin/nginx /usr/sbin/nginx.away; mv /etc/nginx /etc/nginx.away")
    assert _report(host)["verdict"] != "proven"
    assert _report(host, "/var/www/api-gateway")["apps"], "a named app is examined without nginx"


def test_no_fpm(host: Host) -> None:
    """A host whose PHP-FPM is gone altogether is not proven."""
    host.sh('systemctl stop "$FPM"; mv /etc/php/"$PHP"/fpm /etc/php/"$PHP"/fpm.away; mv /usr/sbin/php-fpm"$PHP" /root/')
    assert _report(host)["verdict"] != "proven"


def test_dead_socket(host: Host) -> None:
    """A socket file without a listener is found as a service that does not run."""
    host.sh('systemctl stop "$FPM"; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\'$SOCK\')"')
    report = _report(host)
    assert "FPM001" in codes(report), told(report)


def test_saturated_pool(host: Host) -> None:
    """All workers asleep: told as saturated, and nothing is sent that would only wait: memory and wire are unproven."""
    host.sh("printf '<?php sleep(50); echo 1;' > public/sleep.php; chown \"$WWW\" public/sleep.php")
    host.sh("for i in $(seq 40); do (curl -s -m 55 http://127.0.0.1/sleep.php >/dev/null 2>&1 &) ; done; sleep 1.5")
    report = _report(host)
    assert "FPM006" in codes(report), told(report)
    reasons = {link["link"]: link["reason"] for app in report["apps"] for link in app["links"]}
    for link in ("memory", "wire"):
        assert re.search(r"pool \S+ is saturated: all 5 workers are busy", reasons[link]), told(report)
    assert "did not answer" not in " ".join(reasons.values()), told(report)
    results = {result["code"]: result for app in report["apps"] for result in app["results"]}
    for code in ("OPC001", "WIR001"):
        assert results[code]["verdict"] == "unknown", results[code]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("echo 'server { listen 80; nonsense on; }' > /etc/nginx/sites-enabled/broken", "NGX001"),
        ("head -c 5000 /dev/urandom > /etc/nginx/sites-enabled/binary", "NGX001"),
    ],
)
def test_broken_nginx_configuration(host: Host, script: str, code: str) -> None:
    """A configuration that nginx refuses is found with its file, and the app is still examined."""
    host.sh(script)
    report = _report(host)
    assert code in codes(report), told(report)
    assert report["apps"][0]["path"] == "/var/www/api-gateway"


def test_broken_fpm_configuration(host: Host) -> None:
    """A pool file that is garbage leaves the verdict honest and breaks nothing of ours."""
    host.sh('printf "[broken\\nlisten = \\npm = what\\n\\0\\xff" > "${POOL%/*}/broken.conf"')
    _report(host)


def test_unreadable_env(host: Host) -> None:
    """An .env that the app's user cannot read is not silently fine."""
    host.sh("chown root:root .env; chmod 600 .env")
    report = _report(host)
    assert report["verdict"] != "proven", told(report)


def test_huge_and_binary_logs(host: Host) -> None:
    """A log of 2 GB and one of random bytes cost neither time nor the verdict."""
    host.sh(
        "truncate -s 2G storage/logs/laravel.log; head -c 3000000 /dev/urandom > storage/logs/binary.log; "
        'chown "$WWW" storage/logs/*'
    )
    report = _report(host)
    assert codes(report) == set(), told(report)


def test_hostile_tree(host: Host) -> None:
    """Names with newlines and invalid UTF-8, loops of links, FIFOs and sockets are walked past."""
    host.sh(
        r"""
        cd app
        touch $'new\nline.php' $'\xff\xfe.php' -- '-rf' ' ' '*' "quote'd"
        ln -s loop-b loop-a; ln -s loop-a loop-b; ln -s . self; ln -s /proc/self/root out
        mkfifo fifo.php
        python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket.php')"
        chown -h "$WWW:$WWW" -- * .
        """
    )
    report = _report(host)
    assert codes(report) == set(), told(report)
    host.sh(r"chown root:root app/$'new\nline.php' app/$'\xff\xfe.php'")
    report = _report(host)
    assert "FIL001" in codes(report), told(report)
    fixed = host.liveproof("fix", "--yes")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert host.sh(r"stat -c %U app/$'new\nline.php' app/$'\xff\xfe.php'").split() == [host.user] * 2


def test_half_written_cache(host: Host) -> None:
    """A config cache that was cut in the middle is never called fine."""
    host.sh('head -c 5000 "$CACHE/config.php" > /tmp/half; cat /tmp/half > "$CACHE/config.php"')
    assert _report(host)["verdict"] != "proven"


def test_interrupted_check(host: Host) -> None:
    """SIGINT in the middle ends with a sentence and leaves nothing behind."""
    ran = host.exec(["timeout", "--preserve-status", "-s", "INT", "0.25", "liveproof", "check"], timeout=PATIENCE)
    assert ran.returncode in (0, 130, -signal.SIGINT), ran.stderr
    assert "Traceback" not in ran.stderr
    assert host.sh("ls -A /tmp | grep -c liveproof || true") == "0"


def test_killed_fix_is_recovered(host: Host) -> None:
    """SIGKILL in the middle of a fix: the next fix takes the half-done run back, then mends."""
    host.sh('chown -R root:root app "$CACHE"; sed -i s/^APP_NAME=.*/APP_NAME=other/ .env')
    before = state(host)
    for moment in ("0.6", "0.9", "1.2", "1.6"):
        host.exec(["timeout", "-s", "KILL", moment, "liveproof", "fix", "--yes"], timeout=PATIENCE)
        host.exec(["liveproof", "rollback", "--yes"], timeout=PATIENCE)
        assert difference(before, state(host)) == [], f"killed after {moment} s"
    fixed = host.liveproof("fix", "--yes")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr


def test_unsafe_configuration_is_refused(host: Host) -> None:
    """Root does not take its configuration from a file that another user can write."""
    host.sh("mkdir -p /etc/liveproof; echo '[thresholds]' > /etc/liveproof/liveproof.toml; chmod 666 /etc/liveproof/*")
    assert "liveproof.toml" in _refused(host, "check")


@pytest.mark.parametrize("words", [("--user", "nosuch"), ("--release", "typo"), ("--release", "/no/such/manifest")])
def test_what_does_not_exist_is_a_usage_error(host: Host, words: tuple[str, str]) -> None:
    """A slip on the command line is told as one, in every command, and not as something that could not be seen."""
    for command in (("check",), ("fix", "--dry-run"), ("record",)):
        assert words[1] in _refused(host, *command, *words)
