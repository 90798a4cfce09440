"""A check while PHP-FPM is being reloaded: what is only passing is never told as broken."""

import random

import pytest

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
