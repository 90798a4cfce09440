"""The Debian package on a real host without network: installed, upgraded, removed, purged, nothing left."""

import subprocess
import sys
from pathlib import Path

from liveproof import __version__
from tests.lab import NOISE, Host
from tests.lab.places import REPOSITORY

# What dpkg and systemd write for any package.
_DPKG = ("/var/lib/dpkg/*", "/var/log/dpkg.log", "/var/cache/*", "/var/lib/systemd/*", "*/framework/sessions/*")
_PACKAGE = "/root/liveproof.deb"
_UNIT = "liveproof-watch.service"
_DPKG_I = f"DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i {_PACKAGE} </dev/null"


def _built(suite: str, where: Path) -> Path:
    """A package as `make deb` builds it, by somebody with a strict umask; lintian finds nothing in it."""
    command = [sys.executable, "-m", "scripts.deb", "--output", str(where), suite]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, umask=0o077)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not [line for line in ran.stdout.splitlines() if line.startswith(("E:", "W:"))]
    return next(where.glob("*.deb"))


def _paths(host: Host) -> set[str]:
    """Every path of the host, in memory too."""
    return set(host.sh("find / -xdev; find /run/liveproof /etc/systemd 2>/dev/null", check=False).splitlines())


def _came(host: Host, before: set[str]) -> list[str]:
    own = ("/var/lib/dpkg/", "/var/log/", "/var/cache/", "/var/lib/systemd/", host.app)
    return sorted(path for path in _paths(host) - before if not path.startswith(own))


def _upgraded(package: Path, where: Path) -> Path:
    """The package with a higher version, which liveproof says itself; packed quickly."""
    tree = where / "tree"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    for path, old, new in (
        (tree / "DEBIAN/control", "\nVersion: ", "\nVersion: 9"),
        (tree / "usr/lib/liveproof/liveproof/__init__.py", '__version__ = "', '__version__ = "9'),
    ):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    upgraded = where / package.name
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "-b", tree, upgraded], check=True)
    return upgraded


def test_it_is_installed_proves_is_upgraded_and_leaves_nothing(suite: str, tmp_path: Path) -> None:
    """On a host on which liveproof has never been."""
    package = _built(suite, tmp_path)
    with Host.up(suite) as host:
        host.sh("rm -rf /opt/liveproof /usr/local/bin/liveproof /var/lib/liveproof")
        host.push(package, _PACKAGE)
        host.mark()
        _installed_upgraded_removed_purged(host, package, tmp_path)


def _installed_upgraded_removed_purged(host: Host, package: Path, tmp_path: Path) -> None:
    """What a user sees from dpkg -i to apt purge."""
    before = _paths(host)
    files = set(host.sh("find / -xdev ! -type d").splitlines())
    host.sh(f"umask 077; {_DPKG_I}")
    assert host.sh("command -v liveproof") == "/usr/bin/liveproof"
    assert host.sh("systemctl is-enabled liveproof-watch liveproof-check.timer", check=False).split() == [
        "disabled",
        "disabled",
    ]
    writable = "find /usr/lib/liveproof /usr/bin/liveproof ! -type l ( ! -user root -o -perm /022 -o ! -perm -o=r )"
    assert host.exec(writable.split()).stdout == ""
    assert host.sh("stat -c %a /etc/liveproof/liveproof.toml") == "600"
    assert int(host.sh("cat $(find /usr/lib/liveproof -name '*.php') | wc -c", user=host.user)) > 0
    assert f" {__version__}" in host.sh("liveproof version")
    compiled = _paths(host)
    ran = host.exec(["liveproof", "check"])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith("PROVEN")
    assert [path for path in _paths(host) - compiled if path.startswith("/usr")] == []  # bytecode was there

    # A watcher that was asked for, with a configuration of this host and the right to heal.
    host.sh("printf '[watch]\\nheal = [\"FPM001\"]\\n' > /etc/liveproof/liveproof.toml")
    told = host.sh("liveproof install --heal --enable")
    assert "came with the package" in told
    assert "heal.conf" in told
    assert "/usr/local" not in told
    assert host.sh(f"systemctl show -P ExecStart {_UNIT}").count("watch --heal") == 1
    pid = host.sh(f"systemctl show -P MainPID {_UNIT}")
    runs = host.sh("ls /var/lib/liveproof")

    host.push(_upgraded(package, tmp_path), _PACKAGE)
    host.sh(_DPKG_I)
    assert f" 9{__version__}" in host.sh("liveproof version")
    assert host.sh("cat /etc/liveproof/liveproof.toml").startswith("[watch]\nheal")
    assert set(runs.split()) <= set(host.sh("ls /var/lib/liveproof").split())
    assert host.sh(f"systemctl is-active {_UNIT}") == "active"
    assert host.sh(f"systemctl show -P MainPID {_UNIT}") != pid

    told = host.sh("dpkg -r liveproof 2>&1")
    assert "/var/lib/liveproof (history, runs that can be rolled back) and /etc/liveproof stay" in told
    assert host.sh("pgrep -af liveproof", check=False) == ""
    left = _came(host, before)
    assert "/etc/liveproof/liveproof.toml" in left
    enabled = f"/etc/systemd/system/multi-user.target.wants/{_UNIT}"  # as after the removal of any service
    assert [path for path in left if not path.startswith(("/etc/liveproof", "/var/lib/liveproof", enabled))] == []

    host.sh("dpkg -P liveproof")
    assert _came(host, before) == []
    assert [path for path in host.diff(ignore=(*NOISE, *_DPKG)) if path in files - {_PACKAGE}] == []
    assert host.sh("find /var/lib/dpkg /var/lib/systemd /var/cache /var/log -name '*liveproof*'") == ""
