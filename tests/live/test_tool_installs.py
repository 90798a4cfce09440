"""The wheel by `pipx install` and `uv tool install` as root, without network: the tool lies in /root, and proves."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import Host
from tests.lab.packages import install as packages
from tests.lab.places import REPOSITORY
from tests.lab.suites import suite as suite_named

_WHEELS = "/srv/wheels"
_RUNTIME = REPOSITORY / "requirements" / "runtime.txt"
# What each way needs besides the wheels of liveproof, from PyPI and from Debian, and how it is called.
WAYS = {
    "pipx": (("pip", "setuptools", "wheel"), ("pipx",), "pipx install"),
    "uv": (("uv",), ("python3-pip",), "uv tool install --no-index"),
}


def _run(*words: str | Path) -> None:
    ran = subprocess.run([*map(str, words)], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _wheels(suite: str, where: Path, tools: tuple[str, ...]) -> Path:
    """liveproof's wheel, those that it needs for the suite's Python, and the tools', in one directory."""
    version = suite_named(suite).python
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", where)
    _run("uv", "build", "--quiet", "--wheel", "--out-dir", where, REPOSITORY)
    _run(*pip, "--python-version", version, "--require-hashes", "-r", _RUNTIME)
    _run(*pip, "--python-version", version, *tools)
    return next(where.glob("liveproof-*.whl"))


@pytest.mark.parametrize("way", WAYS)
def test_a_tool_in_roots_home_proves_a_healthy_app(suite: str, way: str, tmp_path: Path) -> None:
    """PHP-FPM's user may not enter /root: it is given a copy of the probe that it can read, whatever the umask."""
    tools, debian, command = WAYS[way]
    wheel = _wheels(suite, tmp_path, tools)
    with Host.up(suite) as host:
        host.sh("rm -rf /opt/liveproof /usr/local/bin/liveproof /var/lib/liveproof /run/liveproof; chmod 700 /root")
        packages(host, *debian)
        for file in tmp_path.glob("*.whl"):
            host.push(file, f"{_WHEELS}/{file.name}")
        offline = f"export PIP_NO_INDEX=1 PIP_FIND_LINKS={_WHEELS} UV_FIND_LINKS={_WHEELS} UV_PYTHON_DOWNLOADS=never"
        if way == "uv":
            host.sh(f"{offline}; python3 -m pip install --break-system-packages -q uv", timeout=120)
        host.sh(f"umask 077; {offline}; {command} {_WHEELS}/{wheel.name}", timeout=300)
        program = "/root/.local/bin/liveproof"
        assert host.sh(f"readlink -f {program}").startswith("/root/.local/")
        ran = host.exec(["sh", "-c", f"umask 077; {program} check"], timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert ran.stdout.startswith("PROVEN")
        assert host.sh("stat -c '%U %a' /run/liveproof /run/liveproof/*").splitlines() == ["root 755", "root 644"]
        assert "liveproof" in host.sh("cat /run/liveproof/probe-*.php | head -5", user=host.user)

        # Whatever became of the copy, the next check puts the right one in its place and proves again.
        host.sh("echo '<?php exit;' >$(ls /run/liveproof/probe-*.php); chmod 700 /run/liveproof")
        ran = host.exec([program, "check"], timeout=120)
        assert (ran.returncode, ran.stdout.startswith("PROVEN")) == (0, True), ran.stdout + ran.stderr
