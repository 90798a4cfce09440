"""What the machine must have, and getting what apt can bring."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

from tests.lab import mirror
from tests.lab.errors import LabError
from tests.lab.progress import progress
from tests.lab.shell import run

KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_COMMANDS: Final = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "zstd": "zstd",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}


@cache
def available() -> str | None:
    """Why no host can run on this machine, as a sentence; None when hosts can run. Changes nothing."""
    if sys.platform != "linux":
        return f"lab hosts need Linux; this is {sys.platform}"
    if os.geteuid() != 0:
        return "lab hosts need root (mount, network name spaces, systemd-nspawn)"
    if not shutil.which("apt-get") and (missing := _missing()):
        return f"lab hosts need {', '.join(missing)}, and there is no apt-get here to install them"
    if mirror.find() is None:
        return (
            "this machine's apt sources name no Debian mirror; "
            "set LIVEPROOF_LAB_MIRROR to one (archive, and after a space its security updates)"
        )
    return _overlay()


def install() -> None:
    """Install the packages the lab itself needs, if any is missing.

    Raises:
        LabError: hosts cannot run here at all, or apt failed.
    """
    if reason := available():
        raise LabError(reason)
    missing = _missing()
    if not missing:
        return
    with progress(f"installing {' '.join(missing)}"):
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], timeout=300, env=env)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], timeout=600, env=env)


def _missing() -> list[str]:
    packages = {package for command, package in _COMMANDS.items() if not shutil.which(command)}
    if not KEYRING.exists():
        packages.add("debian-archive-keyring")
    return sorted(packages)


def _overlay() -> str | None:
    # Root in a container often may not mount; only trying tells. The mounts vanish with the name space.
    script = (
        "mount -t tmpfs t /mnt && cd /mnt && mkdir l u w m && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m"
    )
    try:
        done = subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", script],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"lab hosts need mount and network name spaces: {error}"
    return f"lab hosts need to mount overlays: {done.stderr.strip()[:200]}" if done.returncode else None
