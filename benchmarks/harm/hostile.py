"""An app or a user that wants root's check to hang, to swell, or to leave something behind."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.trial import Budget, Trial
from tests.lab import Host

_SECONDS: Final = 30.0
_MEGABYTES: Final = 300
_STALE: Final = 'sed -i "s/^APP_NAME=.*/APP_NAME=q/" .env; chown "$WWW": .env\n'
_PLACES: Final = "/run /tmp /var/tmp /dev/shm"
_NOISE: Final = "^/run/(systemd|log|udev|user|dbus|mount|liveproof($|/probe-))"

# Runs liveproof as its only child, so that what wait4(2) tells of memory is of nothing else.
_MEASURE: Final = """
import json, os, subprocess, sys, time
began = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
out = child.stdout.read()
_, status, used = os.wait4(child.pid, 0)
print(json.dumps({"seconds": time.monotonic() - began, "megabytes": used.ru_maxrss / 1024,
    "status": os.waitstatus_to_exitcode(status), "out": out.decode(errors="replace")[:400000]}))
"""

_CONFIG: Final = """<?php
$arguments = implode(' ', $_SERVER['argv'] ?? []);
if (PHP_SAPI === 'cli' && strpos($arguments, 'queue:work') === false && strpos($arguments, 'schedule') === false) {
    %s
}
return [];
"""
_FLOOD: Final = """$to = dirname(getenv('APP_CONFIG_CACHE') ?: '/nope/x');
    for ($i = 0; $i < 30; $i++) @file_put_contents("$to/f$i", str_repeat('z', 30 << 20));"""
_FORKS: Final = """for ($i = 0; $i < 600; $i++) {
        if (pcntl_fork() === 0) {
            posix_setsid(); fclose(STDIN); fclose(STDOUT); fclose(STDERR);
            pcntl_exec('/bin/sleep', ['7391']);
        }
    }"""

_LEAVES: Final = "exec('setsid sleep 7391 >&2 &'); sleep(25);"
# Waits until artisan is at work, kills liveproof, and gives the keeper the moment that it needs.
_KILLED: Final = """liveproof check >/dev/null 2>&1 & check=$!
for i in $(seq 100); do pgrep -f 'sleep 7391' >/dev/null && break; sleep 0.1; done
echo "$(pgrep -fc 'sleep 7391') at work"; kill -9 $check; sleep 1"""

_APPS: Final = {
    "results of 900 MB": _FLOOD,
    "600 daemons": _FORKS,
    "a daemon that keeps the output open": "exec('setsid sleep 7391 >&2 &');",
    "artisan that spins": "while (true) {}",
    "artisan that sleeps": "sleep(100000);",
}
_SCRIPTS: Final = {
    "crontab of 9,000 commands on a line": """python3 - <<'P'
line = "* * * * * cd /var/www/api-gateway && " + "php artisan schedule:run; " * 9000
open("/var/spool/cron/crontabs/deploy", "w").write(line + "\\n")
P
chown deploy:crontab /var/spool/cron/crontabs/deploy; chmod 600 /var/spool/cron/crontabs/deploy""",
    "argument of 100 kB": """long=$(head -c 100000 /dev/zero | tr '\\0' '-')
runuser -u "$WWW" -- bash -c "exec -a php sleep 7391 artisan queue:work $long" >/dev/null 2>&1 &""",
    "FIFO as .git/HEAD": """mkdir -p .git/objects .git/refs; mkfifo .git/HEAD; chown -R "$WWW": .git""",
    "include bomb in nginx": """printf 'include bomb.inc;\\n%.0s' 1 2 3 4 5 6 7 8 9 10 >/etc/nginx/bomb.inc
echo 'include /etc/nginx/bomb.inc;' >/etc/nginx/conf.d/bomb.conf""",
    "nested blocks in nginx": """python3 - <<'P'
open("/etc/nginx/conf.d/deep.conf", "w").write("map $a $b { " * 3000 + "}" * 3000)
P""",
    "deep JSON": """python3 -c 'print("[" * 100000)' >vendor/composer/installed.json
python3 -c 'print("{\\"a\\":" * 100000)' >composer.json; chown "$WWW": composer.json vendor/composer/installed.json""",
    "numbers of 5,000 digits": """digits=$(head -c 5001 /dev/zero | tr '\\0' 9)
echo "pm.max_requests = $digits" >>"$POOL"; echo "request_terminate_timeout = ${digits}s" >>"$POOL" """,
}

# A FUSE file system whose server never answers (fuse(4)): every call to it waits in the kernel until SIGKILL.
_HUNG: Final = """cat >/root/hold.py <<'P'
import ctypes, os, sys, time
if not os.path.exists("/dev/fuse"):
    os.mknod("/dev/fuse", 0o020666, os.makedev(10, 229))
options = f"fd={os.open('/dev/fuse', os.O_RDWR)},rootmode=40000,user_id=0,group_id=0,allow_other"
failed = ctypes.CDLL(None).mount(b"x", sys.argv[1].encode(), b"fuse", 0, options.encode())
print("failed" if failed else "mounted", flush=True)
time.sleep(300)
P
(setsid python3 /root/hold.py "$PWD/%s" >/root/held 2>&1 &); sleep 1; cat /root/held"""
_HANG_AT: Final = ("storage/app", "vendor")

# As on a host with version 1 alone, or in a container: the mount is not there, or may not be written.
_NONE: Final = ("unshare", "-m", "sh", "-c", 'umount -l /sys/fs/cgroup && exec "$@"', "sh")
_READ_ONLY: Final = ("unshare", "-m", "sh", "-c", 'mount -o remount,bind,ro /sys/fs/cgroup && exec "$@"', "sh")


@dataclass(frozen=True, slots=True)
class _Check:
    seconds: float
    megabytes: float
    status: int
    out: str


def trials(budget: Budget) -> Iterator[Trial]:
    """Each trick on a host of its own, then a check."""
    for name, code in _APPS.items():
        with Host.up(budget.suite) as host:
            host.file(f"{host.app}/config/boom.php").write_text(_CONFIG % code)
            host.sh(f'chown "$WWW": config/boom.php; {_STALE}')
            yield _tried(name, host)
            if code is _FORKS:
                yield _tried(f"{name}, control groups read-only", host, *_READ_ONLY)
                yield _tried(f"{name}, no control groups", host, *_NONE)
    with Host.up(budget.suite) as host:
        host.file(f"{host.app}/config/boom.php").write_text(_CONFIG % _LEAVES)
        host.sh(f'chown "$WWW": config/boom.php; {_STALE}')
        before = _there(host)
        saw = host.sh(_KILLED, check=False)
        yield Trial("a check that is killed", "" if _there(host) == before else "it left something", saw.strip())
    for place in _HANG_AT[:1] if budget.short else _HANG_AT:
        with Host.up(budget.suite) as host:
            name = f"a mount that hangs at {place}"
            if "mounted" in host.sh(_HUNG % place, check=False):
                yield _tried(name, host)
            else:
                yield Trial(name, "", "not tried: no FUSE here")
    for name, script in _SCRIPTS.items():
        with Host.up(budget.suite) as host:
            host.sh(script)
            yield _tried(name, host)


def _tried(name: str, host: Host, *around: str) -> Trial:
    host.sh(
        "systemctl stop cron; rm -rf /var/lib/liveproof"
    )  # what cron starts is not ours, what is remembered not run
    before = _there(host)
    seen = _check(host, *around)
    saw = f"{seen.seconds:.1f} s, {seen.megabytes:.0f} MB, status {seen.status}"
    return Trial(name, "; ".join(_lost(seen, sorted(_there(host) - before))), saw)


def _lost(seen: _Check, left: list[str]) -> Iterator[str]:
    if seen.seconds > _SECONDS:
        yield f"it took {seen.seconds:.1f} s"
    if seen.megabytes > _MEGABYTES:
        yield f"it took {seen.megabytes:.0f} MB"
    if '"liveproof/1"' not in seen.out:
        yield f"it is not a report: {seen.status} {seen.out[-300:]!r}"
    elif seen.status not in (0, 1, 3) or "please report" in seen.out or "Traceback" in seen.out:
        yield f"it failed: {seen.status} {seen.out[-300:]!r}"
    if left:
        yield f"it left {len(left)}: {', '.join(left[:3])}"


def _check(host: Host, *around: str) -> _Check:
    ran = host.exec(["python3", "-c", _MEASURE, *around, "liveproof", "check", "--format", "json"], timeout=120)
    return _Check(**json.loads(ran.stdout))


def _there(host: Host) -> set[str]:
    """Processes that a trick starts, and all that lies where something might be forgotten."""
    found = host.sh(
        f"find {_PLACES} -xdev 2>/dev/null | grep -Ev '{_NOISE}' || true\n"
        "ps -eo pid=,args= | grep -E 'sleep 7391|artisan|boom' | grep -Ev 'grep|queue:work|schedule:run' || true\n"
        "ls -d /sys/fs/cgroup/lab.scope/* | grep liveproof || true"
    )
    return set(found.splitlines())
