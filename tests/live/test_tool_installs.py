"""What `make dist` builds, installed on a fresh host without network: a venv, pipx, uv; it proves, and leaves nothing.

The commands are those of its INSTALL.txt, word for word.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from liveproof import __version__
from tests.lab import Host
from tests.lab.packages import install as packages
from tests.lab.places import REPOSITORY
from tests.lab.suites import suite as suite_named

_DIST, _NEWER = "/srv/dist", "/srv/newer"
_UV = "/srv/uv"
_HOME = "/root/.local/bin/liveproof"
# How a command of INSTALL.txt begins, what of Debian's it needs, its program, what uninstalls it, and what the tool
# itself leaves after that, as it does for whatever it installs.
WAYS = {
    "venv": ("python3 -m venv", ("python3-venv",), "/opt/liveproof/bin/liveproof", "rm -r /opt/liveproof", ()),
    "pipx": ("PIP_NO_INDEX=1", ("pipx",), _HOME, "pipx uninstall liveproof", ("/root/.local", "/root/.cache")),
    "uv": ("uv tool install", ("python3-pip",), _HOME, "uv tool uninstall liveproof", ("/root/.local", "/root/.cache")),
}
# What the app and its services write meanwhile.
_OTHERS = ("/proc", "/sys", "/var/log", "/var/lib/systemd", "/var/lib/php", "/tmp/systemd-private", "/var/www", "/srv")


def _run(*words: str | Path, cwd: Path = REPOSITORY) -> None:
    ran = subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By the version of Python what `make dist` builds for it, filled as it is asked for."""
    return {"": tmp_path_factory.mktemp("dist")}


def _dist(built: dict[str, Path], python: str) -> Path:
    if python not in built:
        built[python] = built[""] / python
        _run(sys.executable, "-m", "scripts.dist", "--output", built[python], "--python", python, "--machine", "x86_64")
    return built[python]


def _newer(dist: Path, where: Path) -> Path:
    """The same with liveproof in a higher version, which it says itself."""
    tree, newer = where / "tree", where / "newer"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "src", tree / "src", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tree)
    init = tree / "src/liveproof/__init__.py"
    init.write_text(init.read_text().replace(f'"{__version__}"', f'"9{__version__}"'))
    shutil.copytree(dist, newer)
    next((newer / "wheels").glob("liveproof-*.whl")).unlink()
    _run("uv", "build", "--quiet", "--wheel", "--out-dir", newer / "wheels", tree)
    return newer


def _commands(dist: Path) -> list[str]:
    return [line.strip() for line in (dist / "INSTALL.txt").read_text().splitlines() if line.startswith("  ")]


def _paths(host: Host) -> set[str]:
    """Every path of the host but what its services write, in memory too."""
    found = host.sh("find / -xdev; find /run /etc/systemd /tmp 2>/dev/null", check=False).splitlines()
    return {path for path in found if not path.startswith(_OTHERS)}


def _fresh(host: Host, way: str, debian: tuple[str, ...], tmp_path: Path) -> str:
    """A host that liveproof has never been on, with the tool; what a command must begin with to find it."""
    host.sh("rm -rf /opt/liveproof /usr/local/bin/liveproof /var/lib/liveproof /run/liveproof; chmod 700 /root")
    packages(host, *debian)
    if way != "uv":
        return ""
    version = suite_named(host.suite).python
    _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", tmp_path / "uv", "--python-version", version,
         "--only-binary", ":all:", "uv")  # fmt: skip
    host.push(tmp_path / "uv", _UV)
    host.sh(f"python3 -m pip install --break-system-packages --no-index --find-links {_UV} -q uv", timeout=120)
    return "export UV_PYTHON_DOWNLOADS=never; "


@pytest.mark.parametrize("way", WAYS)
def test_it_is_installed_offline_proves_is_upgraded_and_leaves_nothing(
    suite: str, way: str, tmp_path: Path, built: dict[str, Path]
) -> None:
    """PHP-FPM's user may not enter /root: it is given a copy of the probe that it can read, whatever the umask."""
    begins, debian, program, uninstall, own = WAYS[way]
    dist = _dist(built, suite_named(suite).python)
    newer = _newer(dist, tmp_path)
    commands = _commands(dist)
    with Host.up(suite) as host:
        tool = _fresh(host, way, debian, tmp_path)
        host.push(dist, _DIST)
        host.push(newer, _NEWER)
        assert "\t00000000\t" not in host.sh("cut -f1-3 /proc/net/route")  # no way out of the lab's own network
        before = _paths(host)
        install = next(each for each in commands if each.startswith(begins))
        host.sh(f"umask 077; {tool}cd {_DIST}; {install}", timeout=300)
        ran = host.exec(["sh", "-c", f"umask 077; {program} check"], timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert ran.stdout.startswith("PROVEN")
        _probe_is_given_again(host, program)

        upgrade = next(each for each in commands if "upgrade" in each and (way in each or way == "venv"))
        host.sh(f"umask 077; {tool}cd {_NEWER}; {upgrade}", timeout=300)
        assert f" 9{__version__}" in host.sh(f"{program} version")
        ran = host.exec([program, "check"], timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr

        assert uninstall in commands
        host.sh(f"{program} uninstall --purge; {tool}{uninstall}", timeout=120)
        left = sorted(_paths(host) - before)
        print("left", suite, way, *[path for path in left if "/shared/" not in path], sep="\n  ")
        assert [path for path in left if not path.startswith(own or "/nothing")] == []
        assert [path for path in left if "liveproof" in path.rpartition("/")[2]] == []


def _probe_is_given_again(host: Host, program: str) -> None:
    """Whatever became of the copy, the next check puts the right one in its place and proves again."""
    assert host.sh("stat -c '%U %a' /run/liveproof /run/liveproof/*").splitlines() == ["root 755", "root 644"]
    assert "liveproof" in host.sh("cat /run/liveproof/probe-*.php | head -5", user=host.user)
    host.sh("echo '<?php exit;' >$(ls /run/liveproof/probe-*.php); chmod 700 /run/liveproof")
    ran = host.exec([program, "check"], timeout=120)
    assert (ran.returncode, ran.stdout.startswith("PROVEN")) == (0, True), ran.stdout + ran.stderr
