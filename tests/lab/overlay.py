"""A host's disk: its own writable layer over the finished ones."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.lab.shell import run


def mount(home: Path, lowers: Sequence[str]) -> Path:
    """Mount the host's disk, if it is not, and return where. Its own layer is ``home/upper``."""
    upper, work, root = home / "upper", home / "work", home / "root"
    for directory in (upper, work, root):
        directory.mkdir(exist_ok=True, mode=0o755)
    if not os.path.ismount(root):
        # noatime: looking from outside must leave no trace.
        options = f"noatime,lowerdir={':'.join(lowers)},upperdir={upper},workdir={work}"
        run(["mount", "-t", "overlay", f"lplab-{home.name}", "-o", options, root], timeout=20)
    return root


def unmount(home: Path) -> None:
    """Unmount the host's disk, however busy."""
    for _ in range(8):
        if not os.path.ismount(home / "root"):
            return
        subprocess.run(["umount", "--lazy", str(home / "root")], capture_output=True, timeout=20, check=False)


def resolve(root: Path, path: str) -> Path:
    """Where ``path`` of the host lies on this machine, its links followed as the host would, never out of ``root``.

    Raises:
        OSError: the links go in a circle.
    """
    todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    found = root
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            found = found if found == root else found.parent
            continue
        step = found / part
        if step.is_symlink():
            links += 1
            if links > 40:
                raise OSError(f"too many links in {path}")
            target = os.readlink(step)
            if target.startswith("/"):
                found = root
            todo.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
            continue
        found = step
    return found
