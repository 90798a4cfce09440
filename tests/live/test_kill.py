"""A fix that is killed, cut off from power, or asked to stop: afterwards the host is as before or as after."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import Host
from tests.live.trial import difference, state

BROKEN = """
    chown root:root app/Http/Controllers/*.php "$CACHE" "$CACHE"/packages.php storage/logs
    chmod 750 storage/logs
    sed -i "s/^APP_NAME=.*/APP_NAME=gateway-$RANDOM/" .env
"""

# Starts a fix on the host and sends it a signal once its journal holds so many records; prints how many it then had.
KILLER = r"""
import os, signal, subprocess, sys, time
records, number = int(sys.argv[1]), int(sys.argv[2])
for each in (signal.SIGINT, signal.SIGHUP):  # what starts the tests may ignore them (nohup), and children inherit that
    signal.signal(each, signal.SIG_DFL)
runs = "/var/lib/liveproof/runs"
known = set(os.listdir(runs)) if os.path.isdir(runs) else set()
fix = subprocess.Popen(["liveproof", "fix", "--yes"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
seen = 0
while seen < records and fix.poll() is None:
    for run in set(os.listdir(runs)) - known if os.path.isdir(runs) else ():
        try:
            with open(f"{runs}/{run}/journal.jsonl", "rb") as journal:
                seen = journal.read().count(b"\n")
        except FileNotFoundError:
            pass
if seen >= records and fix.poll() is None:
    fix.send_signal(number)
text = fix.communicate()[0].decode(errors="replace")
print(fix.returncode, seen)
print(text)
"""


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A host with the seed's incident on it."""
    with Host.up(suite) as up:
        up.sh(BROKEN)
        yield up


def signalled(host: Host, records: int, number: int) -> tuple[int, int, str]:
    """A fix that got a signal when its journal held so many records: exit status, records seen, output."""
    ran = host.exec(["python3", "-", str(records), str(number)], stdin=KILLER, timeout=90)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    first, _, text = ran.stdout.partition("\n")
    status, seen = map(int, first.split())
    assert "Traceback" not in text, text
    return status, seen, text


def app_state(host: Host) -> dict[str, Any]:
    """What of the app only a person or liveproof would change; booting changes /etc by itself."""
    return {path: entry for path, entry in state(host).items() if path.startswith("api-gateway/")}


def answers(host: Host) -> bool:
    """Whether the app answers."""
    return host.get().status == 200


def test_killed_between_any_two_steps(host: Host) -> None:
    """SIGKILL after each record of the journal: one rollback, and nothing of the run is left."""
    before = state(host)
    records = 1
    outcomes = []
    while True:
        status, seen, text = signalled(host, records, 9)
        killed = status == -9
        outcomes.append((records, seen, status))
        back = host.liveproof("rollback", "--yes")
        assert back.returncode == 0, back.stdout + back.stderr
        assert difference(before, state(host)) == [], f"killed after {seen} records: {text}"
        assert host.sh('systemctl is-active "$FPM"') == "active"
        if not killed:
            break
        records += 1
    assert records > 8, outcomes


def test_the_next_fix_recovers_first(host: Host) -> None:
    """A fix that finds a cut off run takes it back, tells so, and then mends."""
    status, _, _ = signalled(host, 4, 9)
    assert status == -9
    fixed = host.liveproof("fix", "--yes")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert "rolled back first" in fixed.stdout + fixed.stderr
    assert answers(host)
    assert host.liveproof("check").returncode == 0


def test_power_cut(host: Host) -> None:
    """The host itself goes down in the middle of a fix; after it comes up again the run is taken back."""
    before = app_state(host)
    host.sh("(setsid liveproof fix --yes >/dev/null 2>&1 &)")
    host.sh(
        "for i in $(seq 2000); do grep -q '\"step\":1' /var/lib/liveproof/runs/*/journal.jsonl 2>/dev/null && exit; "
        "sleep 0.005; done; exit 1"
    )
    host.stop(orderly=False)
    host.boot()
    assert host.liveproof("rollback", "--yes").returncode == 0
    assert difference(before, app_state(host)) == []


def test_asked_to_stop(host: Host) -> None:
    """Ctrl-C, systemctl stop or a lost terminal: the step is ended or undone, everything is taken back and told."""
    before = state(host)
    for records, number, name in ((2, 2, "SIGINT"), (4, 15, "SIGTERM"), (5, 1, "SIGHUP")):
        status, _, text = signalled(host, records, number)
        assert status in (1, 130), text
        assert f"stopped by {name}" in text
        assert "everything was rolled back" in text
        assert difference(before, state(host)) == []


def test_two_fixes_at_once(host: Host) -> None:
    """The second fix is refused and told who is at work; the first ends undisturbed."""
    host.sh("(setsid liveproof fix --yes >/tmp/first 2>&1; echo $? > /tmp/status) >/dev/null 2>&1 &")
    host.sh("until ls /var/lib/liveproof/runs/*/journal.jsonl >/dev/null 2>&1; do sleep 0.005; done")
    holder = host.sh("read -r pid _ < /var/lib/liveproof/lock; kill -STOP $pid; echo $pid")
    second = host.liveproof("fix", "--yes")
    host.sh(f"kill -CONT {holder}; until test -s /tmp/status; do sleep 0.05; done")
    assert second.returncode == 4, second.stdout + second.stderr
    assert re.search(rf"process {holder}, since 20\d\d-", second.stdout + second.stderr)
    assert host.sh("cat /tmp/status") == "0", host.sh("cat /tmp/first")


def test_rollback_is_exact_and_once(host: Host) -> None:
    """After a fix, rollback brings back every byte, owner, mode and time; a second rollback has nothing to do."""
    before = state(host)
    fixed = host.liveproof("fix", "--yes", "--format", "json")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    outcome: dict[str, Any] = json.loads(fixed.stdout)["outcome"][0]
    assert outcome["kind"] == "fixed", outcome
    back = host.liveproof("rollback", outcome["run"], "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    assert difference(before, state(host)) == []
    again = host.liveproof("rollback", "--yes")
    assert again.returncode == 0
    assert difference(before, state(host)) == []
