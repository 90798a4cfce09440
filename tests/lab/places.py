"""Where the lab keeps what it builds and runs: always outside the repository."""

import os
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
LAB: Final = Path(__file__).resolve().parent

# Addresses are the machine's, not one cache's: two caches must not hand out the same one. /run forgets them at boot.
ADDRESSES: Final = Path("/run/liveproof-lab")


def cache() -> Path:
    """The lab's own directory: ``$LIVEPROOF_LAB``, else ``liveproof-lab`` in the user's cache."""
    if chosen := os.environ.get("LIVEPROOF_LAB"):
        return Path(chosen).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "liveproof-lab"


def layers() -> Path:
    """Finished file trees, each under a hash of its recipe; never changed once there."""
    return cache() / "layers"


def hosts() -> Path:
    """One directory per host: its state, its own disk and where that is mounted."""
    return cache() / "hosts"


def logs() -> Path:
    """What long commands printed, kept for when they fail."""
    return cache() / "logs"


def keys() -> Path:
    """The ssh key every host trusts."""
    return cache() / "keys"
