"""`liveproof install --enable --heal` on a real host: the hardened unit starts PHP-FPM again, within its limits."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from tests.lab import Host

_UNIT = "liveproof-watch.service"
_CONFIGURATION = """
[watch]
quiet = "1s"
heal = ["FPM001", "NGX009"]
heal_per_hour = {limit}
"""


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A host with an app that answers."""
    with Host.up(suite) as host:
        host.warm()
        yield host


def _until(host: Host, holds: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}\n{_journal(host)}"
        time.sleep(0.2)


def _journal(host: Host) -> str:
    return host.sh(f"journalctl --no-pager -o cat -u {_UNIT}")


def _watching(host: Host, limit: int) -> None:
    """The unit as it is installed, watching the app, with so many fixes in an hour."""
    ran = host.liveproof("install")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    host.file("/etc/liveproof/liveproof.toml").write_text(_CONFIGURATION.format(limit=limit))
    ran = host.liveproof("install", "--enable", "--heal")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "watch --heal" in host.sh(f"systemctl show -P ExecStart {_UNIT}")
    status = f"systemctl show -P StatusText {_UNIT}"
    _until(host, lambda: "are watched" in (said := host.sh(status)) and "0 apps" not in said, "it watches no app")


def _active(host: Host, unit: str) -> bool:
    return host.sh(f'systemctl is-active "{unit}"', check=False) == "active"


def _fixes(host: Host) -> list[dict[str, object]]:
    """The reports of fixes that are kept."""
    lines = host.liveproof("history", "--format", "jsonl").stdout.splitlines()
    return [row for row in map(json.loads, lines) if row.get("kind") == "fix"]


def test_php_fpm_is_started_again_by_the_installed_unit(host: Host) -> None:
    """Once, with one report that is kept; the next attempt on the same problem waits a minute."""
    _watching(host, 3)
    # Put there by the unit, with its umask of 077.
    assert host.sh("stat -c '%U %a' /run/liveproof /run/liveproof/*").splitlines() == ["root 755", "root 644"]
    score = host.sh(f"systemd-analyze security {_UNIT} --no-pager | tail -1")
    assert float(score.rpartition(": ")[2].split()[0]) <= 4.3, score  # what fixing needs besides, as heal.conf says
    host.sh('systemctl stop "$FPM"')
    first = time.monotonic()
    _until(host, lambda: _active(host, "$FPM"), "PHP-FPM was not started again")
    _until(host, lambda: "FPM001 of " in _journal(host) and "has the whole story" in _journal(host), "nothing is said")
    assert host.get().status == 200
    (fix,) = _fixes(host)
    told = host.liveproof("report", str(fix["run"])).stdout
    assert "start php" in told, told
    assert _journal(host).count("fixing FPM001") == 1

    # nginx is another problem, which has had no attempt.
    host.sh("systemctl stop nginx")
    _until(host, lambda: _active(host, "nginx"), "nginx was not started again")

    host.sh('systemctl stop "$FPM"')
    while time.monotonic() - first < 55:
        assert not _active(host, "$FPM"), _journal(host)
        time.sleep(1.0)
    _until(host, lambda: _active(host, "$FPM"), "PHP-FPM was not started the second time", 90)
    assert _journal(host).count("fixing FPM001") == 2
    assert "Traceback" not in _journal(host)


def test_no_more_fixes_in_an_hour_than_configured(host: Host) -> None:
    """The second problem is only told."""
    _watching(host, 1)
    host.sh('systemctl stop "$FPM"')
    _until(host, lambda: _active(host, "$FPM"), "PHP-FPM was not started again")
    host.sh("systemctl stop nginx")
    _until(host, lambda: "NGX009" in host.liveproof("alert", "list").stdout, "nginx was not missed")
    time.sleep(10)
    assert not _active(host, "nginx")
    assert "fixing NGX009" not in _journal(host)
    assert len(_fixes(host)) == 1


def test_owners_caches_and_a_reload_work_under_the_healing_unit(host: Host) -> None:
    """What the unit is not allowed is nothing that `fix` needs: chown, artisan that writes for good, a reload."""
    _watching(host, 3)
    host.sh(f"""
        systemctl stop {_UNIT}
        chown root bootstrap/cache; chmod 700 bootstrap/cache
        sed -i 's/^RELEASE=.*/RELEASE=edited/' .env
        mkdir -p /run/systemd/system/{_UNIT}.d
        cat > /run/systemd/system/{_UNIT}.d/test.conf <<'END'
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStart=
ExecStart=/usr/local/bin/liveproof fix --yes
StandardOutput=truncate:/root/found.txt
END
        systemctl daemon-reload
    """)
    assert host.liveproof("check").returncode == 1
    host.sh(f"systemctl start {_UNIT}", check=False)
    told = host.sh("cat /root/found.txt")
    assert "\nFIXED  " in told, told + _journal(host)
    for done in ("chown ", "artisan config:cache", "reload php"):
        assert any("done in" in line and done in line for line in told.splitlines()), told
    assert host.liveproof("check").returncode == 0
