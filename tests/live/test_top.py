"""`liveproof sample` and `liveproof top` on real hosts: load, a stopped PHP-FPM, a deploy under a worker, the cost."""

import json
import os
import pty
import select
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ
from typing import Any

from tests.golden.contracts import refuse_other
from tests.lab import Host
from tests.lab.product import LAUNCHER

_SLOW = "printf '<?php sleep(8); echo 1;' > public/slow.php; chown \"$WWW:\" public/slow.php"
_ASK = "for n in 1 2; do setsid -f curl -s -o /dev/null 'http://127.0.0.1/slow.php?token=hunter2' >/dev/null 2>&1; done"
_TICK = os.sysconf("SC_CLK_TCK")


def _sample(host: Host, *words: str) -> dict[str, Any]:
    """The last of some samples."""
    ran = host.liveproof("sample", "--every", "0.5", *(words or ("--count", "3")))
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    refuse_other(found, "liveproof-sample-1")
    return found


def test_sample_shows_what_is_live(suite: str) -> None:
    """Requests while they run, errors when they are logged, workers of an old release, a PHP-FPM that was stopped."""
    with Host.up(suite, layout="releases") as host:
        host.sh(_SLOW)
        assert _sample(host)["source"] == "the probes"
        host.liveproof("check")
        assert _sample(host)["source"].startswith("kept run ")
        host.sh(_ASK)
        found = _sample(host, "--count", "7")  # with all workers busy PHP-FPM takes a second to start another one
        (pool,) = found["pools"]
        running = [worker for worker in pool["workers"] if worker["state"] == "running"]
        assert (pool["active"], len(running)) == (2, 2)
        assert all("slow.php" in worker["request"] and worker["memory"] > 1 << 20 for worker in running)
        assert "hunter2" not in json.dumps(found)
        (cache,) = found["opcache"]
        assert cache["enabled"]
        assert cache["hits"] + cache["misses"] > 0

        host.sh('systemd-run -q --unit=old --uid="$WWW" --working-directory=$(readlink -f .) php artisan queue:work')
        host.sh(
            "echo \"[$(date -u '+%F %T')] production.ERROR: broken password=hunter2\" >> storage/logs/laravel.log;"
            "sleep 1; cd /var/www/api-gateway; ln -sfn releases/2 current"
        )
        found = _sample(host)
        assert [(worker["current"], worker["command"]) for worker in found["workers"]] == [
            (False, "artisan queue:work")
        ]
        host.sh('systemctl stop old; cd /var/www/api-gateway; ln -sfn releases/1 current; systemctl stop "$FPM"')
        found = _sample(host)
        assert dict(found["logs"]["counts"])["exception"] == 1
        assert "hunter2" not in json.dumps(found)
        assert "does not exist" in found["pools"][0]["why"] or "nothing listens" in found["pools"][0]["why"]
        assert found["seconds"] < 0.5


def test_a_full_pool_costs_no_tick(suite: str) -> None:
    """It is shown as one that does not answer, and lines go on coming."""
    with Host.up(suite) as host:
        host.liveproof("check")
        host.sh(_SLOW.replace("sleep(8)", "sleep(20)"))
        host.sh(_ASK.replace("1 2", "$(seq 12)"))
        began = time.monotonic()
        ran = host.liveproof("sample", "--every", "0.5", "--count", "8")
        assert time.monotonic() - began < 10
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        assert len(lines) == 8
        assert all(line["seconds"] < 1 for line in lines)
        assert "answer" in lines[-1]["pools"][0]["why"]
        assert lines[-1]["pools"][0]["workers"]


class _Screen:
    """`liveproof top` in a terminal of its own."""

    def __init__(self, host: Host, *environment: str) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            inside = ("env", "LANG=C.UTF-8", "TERM=xterm-256color", *environment, LAUNCHER, "top")
            os.execvp("nsenter", ["nsenter", "-t", str(host.pid), "-a", *inside])
        ioctl(self._terminal, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, seconds: float, until: bytes = b"\0never") -> bytes:
        """What it sends, for so long or until it sent this."""
        found, end = b"", time.monotonic() + seconds
        while time.monotonic() < end and until not in found:
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    found += os.read(self._terminal, 1 << 16)
                except OSError:
                    break
        return found

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def processes(self) -> list[int]:
        """Its own process and that of the child that samples."""
        ran = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in ran.splitlines()[1:]]
        tree, more = {self.pid}, True
        while more:
            below = {int(pid) for pid, parent, _ in rows if int(parent) in tree} - tree
            tree, more = tree | below, bool(below)
        return [int(pid) for pid, _, words in rows if int(pid) in tree and LAUNCHER in words and "nsenter" not in words]

    def close(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self._terminal)


@contextmanager
def _top(host: Host, *environment: str) -> Iterator[_Screen]:
    screen = _Screen(host, *environment)
    try:
        yield screen
    finally:
        screen.close()


def _cpu(pids: list[int]) -> float:
    """Seconds of processor time."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / _TICK


def test_top_in_a_terminal(suite: str) -> None:
    """It shows the app, costs little while nothing happens, sends little, and ends with q; its child ends with it."""
    with Host.up(suite) as host:
        host.liveproof("check")
        for environment in ((), ("NO_COLOR=1",)):
            with _top(host, *environment) as screen:
                seen = screen.read(20, b"REQUEST")
                assert host.app.encode() in seen
                assert (b"\x1b[31" in seen or b"\x1b[32" in seen or b";32" in seen) == (not environment)
                screen.read(4)
                pids = screen.processes()
                assert len(pids) == 2
                before, began = _cpu(pids), time.monotonic()
                sent = screen.read(10)
                took = time.monotonic() - began
                core, octets = (_cpu(pids) - before) / took * 100, len(sent) / took
                print(f"\nliveproof top idle: {core:.2f} % of a core, {octets:.0f} bytes/s sent")
                assert core < 4  # the bound is 2 %; other tests run beside this one
                assert octets < 500
                screen.press(b"q")
                screen.read(5)
                assert os.waitpid(screen.pid, 0)[1] == 0
                time.sleep(0.2)
                assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_top_needs_a_terminal(suite: str) -> None:
    """Without one, or with one that cannot show a screen, it says what to do."""
    with Host.up(suite) as host:
        ran = host.liveproof("top")
        assert ran.returncode == 2
        assert "liveproof sample" in ran.stderr
        with _top(host, "TERM=dumb") as screen:
            assert b"TERM=dumb" in screen.read(10, b"need no screen")
