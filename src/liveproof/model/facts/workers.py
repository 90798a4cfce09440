"""PHP processes of the app that outlive a request: queue workers, Horizon, Octane, the scheduler."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhpProcess:
    """A long-running PHP process: ``cwd`` as the kernel tells it (``… (deleted)``), ``unit`` its systemd unit."""

    pid: int
    start: float
    uid: int
    user: str
    argv: tuple[str, ...]
    cwd: str
    unit: str


@dataclass(frozen=True, slots=True)
class Workers:
    """The long-running PHP processes of the app, FPM's own not counted."""

    processes: tuple[PhpProcess, ...]
