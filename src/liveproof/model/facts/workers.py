"""PHP processes of the app that outlive a request: queue workers, Horizon, Octane, the scheduler."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhpProcess:
    """A long-running PHP process.

    ``start`` is epoch seconds; ``cwd`` is as the kernel tells it (``… (deleted)``), empty when it may not be read;
    ``unit`` is its systemd service, empty when it has none. Secrets in ``argv`` are hidden.
    """

    pid: int
    start: float
    uid: int
    user: str
    argv: tuple[str, ...]
    cwd: str
    unit: str


@dataclass(frozen=True, slots=True)
class Workers:
    """The long-running PHP processes of the app, those of its other releases included, FPM's own not."""

    processes: tuple[PhpProcess, ...]
