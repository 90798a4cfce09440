"""Asks systemd to do what an installation needs of it."""

import os
from collections.abc import Collection, Sequence

from liveproof.host.process.command import run
from liveproof.install.changes import Change, Kind
from liveproof.install.manifest import Manifest
from liveproof.install.services import CHECK, HEAL, TIMER, UNITS, WATCHER

_PATIENCE = 120.0  # above TimeoutStopSec of the watcher
_STARTED = (WATCHER, TIMER)


class Refused(Exception):
    """systemd did not do it; the message says what it said."""


def runs() -> bool:
    """Whether systemd is this host's service manager (sd_booted(3))."""
    return os.path.isdir("/run/systemd/system")


def before(changes: Sequence[Change], wanted: Collection[str] = ()) -> tuple[tuple[str, ...], ...]:
    """What to do before files are removed: stop what is run from them, also where somebody has changed its unit.

    ``wanted`` are the paths of what stays installed.
    """
    gone = [change.path for change in changes if change.path not in wanted]
    started = [unit for unit in _STARTED if f"{UNITS}/{unit}" in gone]
    stopped: list[tuple[str, ...]] = [("disable", "--now", *started)] if started else []
    if f"{UNITS}/{CHECK}" in gone:
        stopped.append(("stop", CHECK))
    return (*stopped, ("reset-failed", "liveproof-*")) if stopped else ()


def after(
    changes: Sequence[Change], manifest: Manifest, version: str, enable: str, *, packaged: bool = False
) -> tuple[tuple[str, ...], ...]:
    """What to do after files were written or removed; ``enable`` names a unit, or is empty.

    ``packaged``: the watcher's unit is a package's, and there whatever is written or removed.
    """
    written = [change for change in changes if change.kind not in (Kind.SAME, Kind.KEPT)]
    units = any(change.path.startswith(f"{UNITS}/") for change in written)
    present = any(change.path in (f"{UNITS}/{WATCHER}", HEAL) and change.kind is not Kind.REMOVED for change in changes)
    upgraded = bool(manifest.version) and manifest.version != version
    done: list[tuple[str, ...]] = [("daemon-reload",)] if units else []
    if (units and packaged) or (present and manifest.files and (units or upgraded)):
        done.append(("try-restart", WATCHER))
    if enable:
        done.append(("enable", "--now", enable))
    return tuple(done)


def call(words: Sequence[str]) -> None:
    """Run systemctl.

    Raises:
        Refused: it failed, or did not end in time.
    """
    try:
        ran = run(["systemctl", "--no-ask-password", *words], timeout=_PATIENCE)
    except OSError as error:
        raise Refused(f"systemctl {' '.join(words)}: {error.strerror}") from None
    if ran.timed_out or ran.status:
        said = "it did not end in time" if ran.timed_out else ran.errors.strip() or f"status {ran.status}"
        raise Refused(f"systemctl {' '.join(words)}: {said}")
