"""A check while PHP-FPM is being reloaded: what is only passing is never told as broken."""

import json
import random

import pytest

from tests.faults.opcache.timestamps_never_validated import fault as old_code
from tests.lab import Host
from tests.live.trial import checked, codes, told

ROUNDS = 15


@pytest.mark.parametrize("how", ["systemctl reload", "kill -USR2"])
def test_a_reload_is_no_fault(suite: str, how: str) -> None:
    """Fifteen times a check begins within 80 ms of a reload: the service runs, and nothing is found."""
    jitter = random.Random(7)
    reload = 'systemctl reload "$FPM"' if how == "systemctl reload" else 'kill -USR2 "$(cat /run/php/"$FPM".pid)"'
    with Host.up(suite) as host:
        host.warm()
        checked(host)
        for number in range(ROUNDS):
            pause = jitter.uniform(0, 0.08)
            host.sh(f"({reload} >/dev/null 2>&1 &) ; sleep {pause:.3f}")
            report = checked(host)
            assert codes(report) == set(), f"round {number}, {pause * 1000:.0f} ms after:\n{told(report)}"
            assert report["verdict"] != "broken", told(report)
        host.sh("sleep 1")
        report = checked(host)
        assert report["verdict"] == "proven", told(report)


# Keeps a worker busy for so many seconds; a signal ends a sleep, so it naps.
SLOW = """
cat > public/slow.php <<'PHP'
<?php $until = microtime(true) + $_GET["s"]; while (microtime(true) < $until) usleep(50000); echo "whole";
PHP
chown "$WWW:" public/slow.php
"""


def _slow(host: Host, seconds: int, name: str) -> None:
    """A request of so many seconds begins; what it gets comes to /root/NAME."""
    host.sh(f'(curl -s -m 60 "http://127.0.0.1/slow.php?s={seconds}" > /root/{name} 2>&1 &) ; sleep 0.3')


def test_a_safe_reload_waits_for_a_moment_and_cuts_nothing_off(suite: str) -> None:
    """A request that may finish does; one that would be cut off forbids the reload."""
    with Host.up(suite) as host:
        host.sh(SLOW)
        old_code(host)
        _slow(host, 20, "long")
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        assert (ran.returncode, outcome["kind"], outcome["would_drop"]) == (1, "rolled back", True), outcome
        assert "process_control_timeout is 10 s: a reload now would cut it off" in outcome["reason"]
        host.sh("for i in $(seq 250); do grep -q whole /root/long && exit 0; sleep 0.1; done; exit 1")
        _slow(host, 4, "short")
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        assert (ran.returncode, outcome["kind"]) == (0, "fixed"), outcome
        assert host.sh("cat /root/short") == "whole"
        assert "handler-v9" in host.post().body


def test_no_safe_reload_between_two_requests_that_it_would_cut_off(suite: str) -> None:
    """One that runs at the first look and soon ends has not been seen to take long, but the next one is."""
    with Host.up(suite) as host:
        host.sh(SLOW)
        old_code(host)
        again = 'curl -s -w " %{http_code};" -m 60 "http://127.0.0.1/slow.php?s=15" >> /root/again'
        host.sh(f"((for i in 1 2 3; do {again}; done) >/dev/null 2>&1 &) ; sleep 6")
        ran = host.liveproof("fix", "--yes", "--format", "json")
        (outcome,) = json.loads(ran.stdout)["outcome"]
        host.sh("for i in $(seq 450); do [ $(wc -c < /root/again) -ge 30 ] && exit 0; sleep 0.1; done", timeout=60)
        assert host.sh("cat /root/again") == "whole 200;" * 3
        # Refused where the plan was another one a second later, since the request ran for too long by then.
        assert (ran.returncode, outcome["kind"]) in ((1, "rolled back"), (4, "refused")), outcome
