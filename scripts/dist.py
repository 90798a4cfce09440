"""Build what is installed without network: python -m scripts.dist [--output DIRECTORY] [--python X.Y] [--machine NAME].

A wheel, an sdist, a directory of wheels with all that liveproof needs, as the locks in requirements/ pin them, and a
text with the command for each way of installing. What cannot be had for a Python and machine is named there.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from liveproof import __version__

_TOP = Path(__file__).parents[1]
_LOCKS = tuple(_TOP / "requirements" / name for name in ("runtime.txt", "installers.txt"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# The oldest glibc that is asked for is that of RHEL 8; a tag stands for this glibc or any newer one (PEP 600).
_GLIBC = ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014")
MACHINES = {"x86_64": (*_GLIBC, "_2_12", "2010", "_2_5", "1"), "aarch64": _GLIBC}
_TEXT = """\
liveproof {version}, installed without network

It needs Linux with glibc 2.28 or newer, CPython {pythons} and {machines}.
Copy this directory to the server. There, in this directory and as root, run one of:

  python3 -m venv /opt/liveproof && /opt/liveproof/bin/pip install --no-index --find-links wheels liveproof
  PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/wheels" pipx install liveproof
  uv tool install --no-cache --no-index --find-links wheels liveproof

The first needs Debian's package python3-venv, and its program is /opt/liveproof/bin/liveproof; that of the others is
~/.local/bin/liveproof. Then: liveproof check

Upgrade, in the directory of the newer version; after it `liveproof install` again, if that was used:

  /opt/liveproof/bin/pip install --upgrade --no-index --find-links wheels liveproof
  PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/wheels" pipx upgrade liveproof
  uv tool upgrade --no-cache --no-index --find-links wheels liveproof

Uninstall: first `liveproof uninstall --purge` (without --purge the history and the configuration stay), then one of:

  rm -r /opt/liveproof
  pipx uninstall liveproof
  uv tool uninstall liveproof

Not in it: what signing needs (the extra "sign"); verifying a signed release needs nothing more.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A Python on a machine."""

    python: str
    machine: str

    @property
    def options(self) -> tuple[str, ...]:
        """Which wheels pip takes for it."""
        platforms = (f"--platform=manylinux{tag}_{self.machine}" for tag in MACHINES[self.machine])
        abis = (f"--abi=cp{self.python.replace('.', '')}", "--abi=abi3", "--abi=none")
        return ("--only-binary=:all:", "--implementation=cp", f"--python-version={self.python}", *abis, *platforms)

    def __str__(self) -> str:
        return f"CPython {self.python} on {self.machine}"


def main(arguments: list[str]) -> int:
    """Build it; status 1 where a wheel cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m scripts.dist", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=_TOP / "dist", help="where it goes (default: dist)")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only for this Python (may be repeated)")
    parser.add_argument("--machine", action="append", choices=tuple(MACHINES), help="only for this machine")
    options = parser.parse_args(arguments)
    pythons, machines = options.python or PYTHONS, options.machine or tuple(MACHINES)
    targets = [Target(python, machine) for python in pythons for machine in machines]
    wheels = options.output / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir(parents=True)
    for old in (*options.output.glob("liveproof-*.whl"), *options.output.glob("liveproof-*.tar.gz")):
        old.unlink()
    subprocess.run(["uv", "build", "--quiet", "--out-dir", options.output, _TOP], check=True)
    shutil.copy(next(options.output.glob("liveproof-*.whl")), wheels)
    (options.output / ".gitignore").unlink(missing_ok=True)  # uv's
    with ThreadPoolExecutor(4) as pool:
        fetched = zip(targets, pool.map(lambda target: _fetch(target, wheels), targets), strict=True)
        missing = {target: names for target, names in fetched if names}
        complete = [target for target in targets if target not in missing]
        list(pool.map(lambda target: _prove(target, wheels), complete))
    text = _TEXT.format(version=__version__, pythons=_words(pythons), machines=_words(machines))
    left = [f"Not in it: {', '.join(names)} for {target}\n" for target, names in missing.items()]
    (options.output / "INSTALL.txt").write_text(text + "".join(left), encoding="utf-8")
    size = sum(file.stat().st_size for file in wheels.iterdir()) / 1e6
    print(f"{options.output}: {len(list(wheels.iterdir()))} wheels, {size:.0f} MB; INSTALL.txt has the commands")
    print("".join(left), end="")
    return 1 if left else 0


def _fetch(target: Target, wheels: Path) -> list[str]:
    """Put the locked wheels for a target into the directory; the names of those that cannot be had."""
    missing = []
    with tempfile.TemporaryDirectory(prefix="liveproof-dist-") as room:
        for lock in _LOCKS:
            if not _download(target, lock, room):
                missing += [name for name, part in _parts(lock, Path(room)) if not _download(target, part, room, name)]
        for wheel in Path(room).glob("*.whl"):
            if not (wheels / wheel.name).exists():
                shutil.copyfile(wheel, wheels / wheel.name)
    return missing


def _download(target: Target, lock: Path, where: str, name: str = "") -> bool:
    """Whether all that a lock pins came; where only ``name`` was asked for, pip's last word on it is shown."""
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--dest", where)
    ran = _pip("download", *options, *target.options, "--requirement", str(lock))
    if ran.returncode and name:
        print(f"{name} for {target}: {(ran.stderr.strip().splitlines() or ['pip failed'])[-1]}", file=sys.stderr)
    return ran.returncode == 0


def _parts(lock: Path, room: Path) -> Iterable[tuple[str, Path]]:
    """Each requirement of a lock by its name and version, as a lock of its own."""
    for number, text in enumerate(re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))):
        part = room / f"{number}.txt"
        part.write_text(text, encoding="utf-8")
        yield text.split()[0].replace("==", " "), part


def _prove(target: Target, wheels: Path) -> None:
    """See that the directory alone is enough for this target.

    Raises:
        SystemExit: it is not.
    """
    with tempfile.TemporaryDirectory(prefix="liveproof-dist-") as room:
        offline = ("--no-index", "--find-links", str(wheels), "--dest", room)
        ran = _pip("download", "--quiet", *offline, *target.options, f"liveproof=={__version__}")
    if ran.returncode:
        sys.exit(f"the wheels are not enough for {target}: {ran.stderr[-2000:]}")


def _pip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)


def _words(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
