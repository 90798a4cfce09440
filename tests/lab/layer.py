"""File trees built once, kept under a hash of their recipe, and stacked by overlayfs.

A layer is built in a directory of its own and renamed when it is whole: what stands under its name is finished, however
the builder died.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from tests.lab import places
from tests.lab.locking import locked

_IGNORED: Final = {"__pycache__"}


def recipe(*parts: str | Path) -> str:
    """A short hash of texts, files and whole directories (names, executable bits, links and contents)."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            _feed(total, "text", part.encode())
            continue
        for path in _walk(part):
            name = str(path.relative_to(part))
            if path.is_symlink():
                _feed(total, name, os.readlink(path).encode())
            elif path.is_file():
                _feed(total, f"{name} {path.stat().st_mode & 0o111:o}", path.read_bytes())
    return total.hexdigest()[:16]


def layer(name: str, key: str, build: Callable[[Path], None]) -> Path:
    """The layer ``name`` of recipe ``key``: the one already there, or what ``build`` makes in an empty directory."""
    final = places.layers() / f"{name}-{key}"
    if not final.is_dir():
        with locked(places.cache() / "locks" / f"{name}-{key}.lock"):
            if not final.is_dir():
                places.layers().mkdir(parents=True, exist_ok=True)
                # Only the lock's holder builds this one, so what lies there is a dead builder's.
                unfinished = places.layers() / f".unfinished-{name}-{key}"
                remove(unfinished)
                unfinished.mkdir(mode=0o755)
                build(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(final)
    return final


def remove(tree: Path) -> None:
    """Delete a tree of any size, flags like ``chattr +i`` included; nothing happens when there is none."""
    if not tree.exists():
        return
    # rm, not shutil: it does not cross into a file system still mounted below.
    first = subprocess.run(
        ["rm", "-rf", "--one-file-system", "--", str(tree)], capture_output=True, timeout=300, check=False
    )
    if first.returncode or tree.exists():
        chattr = shutil.which("chattr")
        if chattr:
            subprocess.run([chattr, "-R", "-f", "-i", "-a", str(tree)], capture_output=True, timeout=300, check=False)
        subprocess.run(
            ["rm", "-rf", "--one-file-system", "--", str(tree)], capture_output=True, timeout=300, check=False
        )


def _walk(root: Path) -> Iterable[Path]:
    if not root.is_dir():
        return [root] if root.exists() else []
    found = (path for path in root.rglob("*") if not _IGNORED.intersection(path.parts))
    return sorted(found)


def _feed(total: "hashlib._Hash", name: str, content: bytes) -> None:
    total.update(f"{name}\0{len(content)}\0".encode())
    total.update(content)
