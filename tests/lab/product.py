"""liveproof itself as layers of a host: its locked dependencies, and the package built from this checkout."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from tests.lab import places
from tests.lab.chroot import chroot
from tests.lab.errors import LabError
from tests.lab.layer import layer, recipe
from tests.lab.progress import progress, say
from tests.lab.shell import run
from tests.lab.suites import Suite

LIBRARIES: Final = "/opt/liveproof/lib"
APP: Final = "/opt/liveproof/app"
LAUNCHER: Final = "/usr/local/bin/liveproof"

_LOCK: Final = places.REPOSITORY / "requirements" / "runtime.txt"
_LAUNCHER: Final = places.LAB / "launcher.py.in"
_SOURCES: Final = ("src", "pyproject.toml", "README.md", "LICENSE")

# Bytecode that is never checked against its source: a run neither looks at the source nor ever writes.
_COMPILE: Final = "python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash {where}"


def libraries(suite: Suite, rootfs: Path) -> Path | None:
    """The locked dependencies for the suite's own Python; None, and a warning, when nothing is locked yet."""
    if not _LOCK.exists():
        say(f"{_LOCK.relative_to(places.REPOSITORY)} is missing: hosts have no dependencies of liveproof")
        return None
    key = recipe(_LOCK.read_text(), rootfs.name, _COMPILE, LIBRARIES)

    def build(upper: Path) -> None:
        with progress(f"{suite.name}: liveproof's locked dependencies"):
            target = _directory(upper, LIBRARIES)
            run(
                [
                    *(
                        _uv(),
                        "pip",
                        "install",
                        "--quiet",
                        "--target",
                        target,
                        "--require-hashes",
                        "--only-binary",
                        ":all:",
                    ),
                    *("--python-version", suite.python, "--python-platform", "x86_64-unknown-linux-gnu"),
                    *("--no-deps", "--link-mode", "copy", "--requirements", _LOCK),
                ],
                timeout=600,
                log=places.logs() / f"libraries-{suite.name}.log",
            )
            # Writing these as root is left to no one: everything is readable, nothing but root's.
            run(["chmod", "-R", "u=rwX,go=rX", upper / "opt"], timeout=60)
            chroot(_COMPILE.format(where=LIBRARIES), upper=upper, lowers=[rootfs], log=f"compile-{suite.name}")

    return layer(f"{suite.name}-libraries", key, build)


def package(suite: Suite, rootfs: Path) -> Path | None:
    """liveproof as its wheel installs it, with its launcher; None, and a warning, while it cannot be built."""
    if not (places.REPOSITORY / "pyproject.toml").exists():
        say("pyproject.toml is missing: hosts have no liveproof")
        return None
    with tempfile.TemporaryDirectory(prefix="liveproof-lab-") as room:
        # Others may be editing the checkout: what is hashed must be what is built.
        source = Path(room, "source")
        source.mkdir()
        for name in _SOURCES:
            original = places.REPOSITORY / name
            if original.is_dir():
                shutil.copytree(original, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            elif original.exists():
                shutil.copy2(original, source / name)
        wheel = layer("wheel", recipe(source), lambda tree: _wheel(source, tree))
    key = recipe(wheel.name, rootfs.name, _LAUNCHER, _COMPILE, APP)

    def build(upper: Path) -> None:
        target = _directory(upper, APP)
        built = next(wheel.glob("*.whl"))
        run(
            [
                _uv(),
                "pip",
                "install",
                "--quiet",
                "--target",
                target,
                "--no-deps",
                "--no-index",
                "--link-mode",
                "copy",
                "--python-version",
                suite.python,
                built,
            ],
            timeout=120,
        )
        launcher = _directory(upper, str(Path(LAUNCHER).parent)) / Path(LAUNCHER).name
        shutil.copyfile(_LAUNCHER, launcher)
        launcher.chmod(0o755)
        run(["chmod", "-R", "u=rwX,go=rX", upper / "opt"], timeout=60)
        chroot(_COMPILE.format(where=APP), upper=upper, lowers=[rootfs], log=f"compile-{suite.name}")

    return layer(f"{suite.name}-liveproof", key, build)


def _wheel(source: Path, tree: Path) -> None:
    with progress("liveproof's wheel"):
        run(
            [_uv(), "build", "--quiet", "--wheel", "--out-dir", tree, source],
            timeout=300,
            log=places.logs() / "wheel.log",
        )


def _directory(upper: Path, path: str) -> Path:
    target = upper / path.lstrip("/")
    target.mkdir(parents=True, exist_ok=True)
    return target


def _uv() -> str:
    found = shutil.which("uv")
    if found is None:
        raise LabError("uv is not installed; it puts liveproof on the hosts: pip install uv")
    return found
