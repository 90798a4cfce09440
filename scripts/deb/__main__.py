"""Build packages: python -m scripts.deb [--no-lintian] [--output DIRECTORY] [--as VERSION] [SUITE…].

Packages are built on any Debian for any of its suites: libraries are the published ones for the suite's own Python.
DEBFULLNAME and DEBEMAIL name the maintainer, SOURCE_DATE_EPOCH the time that files have, which otherwise is that of the
last commit.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path

from liveproof import __version__
from scripts.deb import tree
from scripts.deb.suites import SUITES, Suite

_TOP = tree.TOP
_TOOLS = {"dh": "debhelper", "dpkg-buildpackage": "dpkg-dev", "lintian": "lintian"}
_MAINTAINER, _ADDRESS = "The liveproof authors", "liveproof@example.com"


def main(arguments: list[str]) -> int:
    """Build a package for each suite; status 1 where lintian finds an error or a warning."""
    parser = argparse.ArgumentParser(prog="python -m scripts.deb", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--output", type=Path, default=_TOP / "dist", help="where packages go (default: dist)")
    parser.add_argument("--as", dest="version", default=_version(), help="the package's version (default: %(default)s)")
    parser.add_argument("--no-lintian", action="store_true", help="do not check the packages")
    options = parser.parse_args(arguments)
    if unknown := set(options.suites) - set(SUITES):
        parser.error(f"no suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    _tools("lintian" if options.no_lintian else "")
    os.umask(0o022)
    options.output.mkdir(parents=True, exist_ok=True)
    made = []
    with tempfile.TemporaryDirectory(prefix="liveproof-deb-") as room:
        os.environ["SOURCE_DATE_EPOCH"] = _time()
        wheel = _wheel(Path(room))
        for name in options.suites or SUITES:
            package = _build(Path(room, name), SUITES[name], options.version, wheel)
            made.append(shutil.copy(package, options.output))
            print(made[-1], flush=True)
    if options.no_lintian:
        return 0
    return subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", *made], check=False).returncode


def _build(room: Path, suite: Suite, version: str, wheel: Path) -> Path:
    # One name for all suites: it must not show in what is built.
    here = room / "liveproof"
    architecture = _output("dpkg", "--print-architecture")
    tree.lay(here / "root", suite, architecture, wheel)
    debian = here / "debian"
    shutil.copytree(_TOP / "packaging" / "debian", debian)
    maintainer = f"{os.environ.get('DEBFULLNAME', _MAINTAINER)} <{os.environ.get('DEBEMAIL', _ADDRESS)}>"
    control = debian / "control.in"
    words = {"maintainer": maintainer, "python": suite.python, "next_python": f"3.{suite.minor + 1}"}
    (debian / "control").write_text(re.sub(r"@(\w+)@", lambda found: words[found[1]], control.read_text()))
    control.unlink()
    full = f"{version}~deb{suite.number}"
    (debian / "changelog").write_text(
        f"liveproof ({full}) {suite.name}; urgency=medium\n\n"
        "  * What changed is in /usr/share/doc/liveproof/CHANGELOG.md.\n\n"
        f" -- {maintainer}  {formatdate(int(os.environ['SOURCE_DATE_EPOCH']))}\n"
    )
    # Built from the bundled libraries alone: nothing of the build machine is needed but debhelper.
    command = ["dpkg-buildpackage", "--build=binary", "--no-sign", "--no-check-builddeps"]
    ran = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{ran.stdout[-4000:]}{ran.stderr[-4000:]}\nmake deb: no package for {suite.name}")
    return room / f"liveproof_{full}_{architecture}.deb"


def _wheel(room: Path) -> Path:
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", room / "wheel", _TOP], check=True)
    return next((room / "wheel").glob("*.whl"))


def _version() -> str:
    """Liveproof's version as Debian sorts it: what comes before a release is lower than it."""
    return re.sub(r"\.?(dev|a|b|rc)(\d+)", r"~\1\2", __version__)


def _time() -> str:
    """The time of what is built, in seconds since 1970."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    committed = subprocess.run(
        ["git", "-C", _TOP, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return committed or str(int((_TOP / "CHANGELOG.md").stat().st_mtime))


def _tools(unneeded: str) -> None:
    """Install what is missing, as scripts/setup does."""
    missing = [package for tool, package in _TOOLS.items() if tool != unneeded and not shutil.which(tool)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"make deb: {' '.join(missing)} is missing; install it on a Debian and run this again")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=True)


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
