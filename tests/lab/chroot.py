"""Running a script inside a stack of layers while building the next one."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.lab import places
from tests.lab.shell import run

# All mounts live in a name space of this one command, so that a killed builder leaves none behind. The new pid name
# space takes whatever the script started down with it.
_ENTER: Final = """
set -eu
root=$1 options=$2 script=$3
if [ -n "$options" ]; then mount -t overlay lab-build -o "$options" "$root"; else mount --bind "$root" "$root"; fi
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash -eu -c "$script"
"""


def chroot(script: str, *, upper: Path, lowers: Sequence[Path] = (), timeout: float = 300.0, log: str = "") -> str:
    """Run a bash script as root in ``upper`` laid over ``lowers`` (topmost first); its changes land in ``upper``.

    Without ``lowers`` the tree ``upper`` itself is the root.

    Raises:
        LabError: the script failed; the message holds what it printed.
    """
    kept = places.logs() / f"{log}.log" if log else None
    with tempfile.TemporaryDirectory(prefix=".chroot-", dir=upper.parent) as room:
        if lowers:
            work, root = Path(room, "work"), Path(room, "root")
            work.mkdir()
            root.mkdir()
            stack = ":".join(str(lower) for lower in lowers)
            options = f"lowerdir={stack},upperdir={upper},workdir={work}"
        else:
            root, options = upper, ""
        enter = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
        return run([*enter, "sh", "-c", _ENTER, "lab", root, options, script], timeout=timeout, log=kept)
