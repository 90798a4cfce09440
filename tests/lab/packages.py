"""More Debian packages for one host: fetched once by this machine's apt, kept as a layer, installed by its dpkg."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.lab import mirror, needs, places
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.layer import layer, recipe
from tests.lab.progress import progress
from tests.lab.rootfs import rootfs
from tests.lab.shell import run
from tests.lab.suites import Suite
from tests.lab.suites import suite as suite_named

_INSIDE: Final = "/var/cache/lab-packages"


def install(host: Host, *packages: str, timeout: float = 120.0) -> None:
    """Install packages with all that they need, as ``apt-get install --no-install-recommends`` would.

    Raises:
        LabError: this machine's apt sources name no Debian mirror, or a package cannot be fetched or installed.
    """
    fetched = _fetched(suite_named(host.suite), packages)
    for archive in sorted(fetched.glob("*.deb")):
        host.push(archive, f"{_INSIDE}/{archive.name}")
    command = f"DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io -i {_INSIDE}/*.deb"
    ran = host.exec(["sh", "-c", f"{command} && rm -r {_INSIDE}"], timeout=timeout)
    if ran.returncode:
        raise LabError(f"{host.suite}: dpkg cannot install {', '.join(packages)}: {ran.stdout[-2000:]}{ran.stderr}")


def _fetched(suite: Suite, packages: tuple[str, ...]) -> Path:
    """A layer with the archives of the packages, and of what they need that the suite's file system has not got."""
    bottom = rootfs(suite)
    key = recipe(bottom.name, repr(sorted(packages)))
    return layer(f"{suite.name}-packages", key, lambda tree: _fetch(suite, bottom, packages, tree))


def _fetch(suite: Suite, bottom: Path, packages: tuple[str, ...], tree: Path) -> None:
    source = mirror.find()
    if source is None:
        raise LabError("this machine's apt sources name no Debian mirror; set LIVEPROOF_LAB_MIRROR")
    with progress(f"{suite.name}: {', '.join(packages)} (apt)"), tempfile.TemporaryDirectory() as room:
        for name in ("lists/partial", "archives/partial"):
            Path(room, name).mkdir(parents=True)
        sources = Path(room, "sources.list")
        signed = f"deb [signed-by={needs.KEYRING}] "
        lines = source.sources(suite.name, suite.archives)
        sources.write_text("".join(f"{signed}{line.removeprefix('deb ')}\n" for line in lines))
        settings = {
            "Dir::State::lists": f"{room}/lists",
            "Dir::State::status": bottom / "var/lib/dpkg/status",
            "Dir::Cache": room,
            "Dir::Cache::archives": f"{room}/archives",
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "-",
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",
            "Debug::NoLocking": "true",
        }
        options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        log = places.logs() / f"packages-{suite.name}.log"
        run(["apt-get", *options, "-q", "update"], timeout=300, log=log)
        run(["apt-get", *options, "-q", "-y", "--download-only", "install", *packages], timeout=600, log=log)
        found = list(Path(room, "archives").glob("*.deb"))
        if not found:
            raise LabError(f"{suite.name}: apt fetched nothing for {', '.join(packages)}; see {log}")
        subprocess.run(["cp", "--", *map(str, found), str(tree)], check=True, timeout=120)
