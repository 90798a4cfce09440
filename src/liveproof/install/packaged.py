"""Where a distribution's package has what `liveproof install` would write, and whether this liveproof is a package's.

Packages write below /usr, `liveproof install` below /etc and /usr/local (hier(7)): neither replaces a file of the
other's, and the one in /etc is the one that counts.
"""

import os
from collections.abc import Sequence

from liveproof.install.services import WATCHER

PROGRAM = "/usr/bin/liveproof"
_PLACES = {
    "/etc/systemd/system/": "/usr/lib/systemd/system/",
    "/usr/local/share/bash-completion/completions/": "/usr/share/bash-completion/completions/",
    "/usr/local/share/zsh/site-functions/": "/usr/share/zsh/vendor-completions/",
    "/etc/fish/completions/": "/usr/share/fish/vendor_completions.d/",
    "/usr/local/share/man/": "/usr/share/man/",
    "/etc/liveproof/": "/etc/liveproof/",
}
_CHOSEN = ".d/"  # drop-ins: what was asked for on this host, in no package


def place(path: str) -> str | None:
    """Where a package has what `liveproof install` writes at ``path``; None where it has no such file."""
    for local, packages in _PLACES.items():
        if path.startswith(local) and _CHOSEN not in path.removeprefix(local):
            return packages + path.removeprefix(local)
    return None


def is_packaged(program: Sequence[str], root: str = "/") -> bool:
    """Whether the liveproof that ``program`` starts came with units of its own, from a package."""
    unit = f"{root.rstrip('/')}/usr/lib/systemd/system/{WATCHER}"
    return tuple(program) == (PROGRAM,) and os.path.isfile(unit)
