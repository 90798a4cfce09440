"""Removing finished layers that nobody uses any more."""

import os
import time
from pathlib import Path
from typing import Final

from tests.lab import places, state
from tests.lab.layer import remove
from tests.lab.locking import locked

_AGE: Final = 7 * 24 * 3600.0


def used(layer: Path) -> None:
    """Note that ``layer`` was asked for now."""
    stamp = places.cache() / "used" / layer.name
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()


def prune(age: float = _AGE) -> list[str]:
    """Remove layers that no host stands on and that nobody asked for in ``age`` seconds; returns their names."""
    stood_on = {lower for known in state.known() for lower in known.lowers}
    removed: list[str] = []
    if not places.layers().is_dir():
        return removed
    for path in sorted(places.layers().iterdir()):
        stamp = places.cache() / "used" / path.name
        last = stamp.stat().st_mtime if stamp.exists() else path.stat().st_ctime
        if str(path) in stood_on or time.time() - last < age:
            continue
        if path.name.startswith("."):
            # A builder may be at it: its lock tells, and holding it keeps others away.
            with locked(places.cache() / "locks" / f"{path.name.removeprefix('.unfinished-')}.lock", timeout=1):
                remove(path)
        else:
            # Gone under its name at once: half a layer must never look like a whole one.
            doomed = path.with_name(f".unfinished-{path.name}-{os.getpid()}")
            path.rename(doomed)
            remove(doomed)
        stamp.unlink(missing_ok=True)
        removed.append(path.name)
    return removed
