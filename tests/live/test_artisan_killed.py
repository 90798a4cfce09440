"""A fix that is killed while artisan is at work: nothing of the app's that it started lives on."""

import time

from tests.lab import Host

# The examination builds the cache elsewhere (APP_CONFIG_CACHE), the fix beside the place where it belongs; there it
# starts a daemon and goes on for long.
_SLOW = """<?php
$beside = strpos((string) getenv('APP_CONFIG_CACHE'), 'bootstrap/cache/');
if (PHP_SAPI === 'cli' && in_array('config:cache', $_SERVER['argv'] ?? []) && $beside) {
    exec('setsid sleep 7392 >/dev/null 2>&1 &');
    sleep(100);
}
return [];
"""
_KILLED = r"""
import os, signal, subprocess, sys, time
fix = subprocess.Popen(["liveproof", "fix", "--yes"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
until = time.monotonic() + 30
while subprocess.run(["pgrep", "-f", "sleep [7]392"], stdout=subprocess.DEVNULL).returncode:
    if fix.poll() is not None or time.monotonic() > until:
        sys.exit("artisan was not met")
time.sleep(float(sys.argv[1]))
fix.kill()
fix.wait()
"""


def _left(host: Host) -> str:
    return host.sh("pgrep -fa '[a]rtisan config:cache|sleep [7]392' || true")


def test_a_killed_fix_leaves_nothing_of_the_app_at_work(suite: str) -> None:
    with Host.up(suite) as host:
        host.sh('sed -i "s/^APP_NAME=.*/APP_NAME=again/" .env; chown "$WWW": .env')
        host.file(f"{host.app}/config/slow.php").write_text(_SLOW)
        host.sh('chown "$WWW": config/slow.php')
        for pause in (0.0, 0.05, 0.5):
            ran = host.exec(["python3", "-", str(pause)], stdin=_KILLED, timeout=60)
            assert ran.returncode == 0, ran.stdout + ran.stderr
            until = time.monotonic() + 3
            while _left(host) and time.monotonic() < until:
                time.sleep(0.1)
            assert _left(host) == ""
            back = host.liveproof("rollback", "--yes")
            assert back.returncode == 0, back.stdout + back.stderr
