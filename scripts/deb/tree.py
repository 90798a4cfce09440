"""The files of the package below a directory, as they will lie on a host."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from liveproof import rules
from liveproof.cli.command_tree import command_tree
from liveproof.install import writing
from liveproof.install.file import File
from liveproof.install.packaged import PROGRAM, place
from liveproof.install.wanted import wanted
from scripts.deb import copyright as licences
from scripts.deb.suites import Suite

TOP = Path(__file__).parents[2]
_LIBRARIES = "usr/lib/liveproof"
_DOCS = "usr/share/doc/liveproof"
_PLATFORMS = {"amd64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}
_LAUNCHER = b"""\
#!/usr/bin/python3 -IS
import sys

sys.path[:0] = ["/usr/lib/liveproof"]

from liveproof.cli.main import main

sys.exit(main())
"""


def lay(root: Path, suite: Suite, architecture: str, wheel: Path) -> None:
    """Write everything below ``root``.

    Raises:
        subprocess.CalledProcessError: a library cannot be had for this suite.
        KeyError: no libraries are published for the architecture.
    """
    libraries = root / _LIBRARIES
    libraries.mkdir(parents=True)
    target = ("--target", libraries, "--python-version", suite.python, "--link-mode", "copy", "--no-deps", "--quiet")
    platform = ("--python-platform", _PLATFORMS[architecture])
    locked = ("--require-hashes", "--only-binary", ":all:", "-r", TOP / "requirements" / "runtime.txt")
    _uv("pip", "install", *target, *platform, *locked)
    _uv("pip", "install", *target, *platform, "--no-index", wheel)
    docs = root / _DOCS
    shutil.copytree(TOP / "docs", docs / "docs")
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copyfile(TOP / name, docs / name)
    (docs / "copyright").write_text(licences.written(libraries), encoding="utf-8")
    _prune(libraries)
    for file in (File(PROGRAM, _LAUNCHER, "the program", 0o755), *_installed()):
        writing.put(file, str(root))


def _installed() -> Iterable[File]:
    """What `liveproof install` writes, where a package has it."""
    files = wanted((PROGRAM,), {}, command_tree(), [rule.code for rule in rules.load()], cron=False, heal=False)
    for file in files:
        path = place(file.path)
        assert path is not None, file.path
        # dh_installsystemd of bookworm looks below /lib; debian/rules then moves them.
        yield File(path.replace("/usr/lib/systemd/", "/lib/systemd/"), file.content, file.purpose, file.mode)


def _prune(libraries: Path) -> None:
    """Leave out what only pip reads, programs of the libraries, and licences, which are in the copyright file."""
    shutil.rmtree(libraries / "bin", ignore_errors=True)
    # YAML is read by PyYAML's own code, as on a host without libyaml: security updates of that are Debian's.
    shutil.rmtree(libraries / "_yaml", ignore_errors=True)
    unwanted = [libraries / ".lock", *libraries.glob("yaml/_yaml*.so"), *libraries.rglob("__pycache__")]
    unwanted += libraries.glob("securesystemslib/_vendor/ed25519/test_*")
    for found in libraries.glob("*.dist-info"):
        unwanted += [path for path in found.iterdir() if path.name not in ("METADATA", "entry_points.txt")]
    for path in unwanted:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in libraries.rglob("*.py"):
        path.chmod(0o644)
        if (content := path.read_bytes()).startswith(b"#!"):
            path.write_bytes(b"#" + content[2:])  # a module, which nobody starts


def _uv(*words: str | Path) -> None:
    subprocess.run(["uv", *words], check=True)
