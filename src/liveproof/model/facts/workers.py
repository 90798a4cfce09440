"""PHP processes of the app that outlive a request: queue workers, Horizon, Octane, the scheduler."""

from liveproof.model.dataclass import dataclass

_TOLD = 60


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

    @property
    def told(self) -> str:
        """What it runs, in a few words (``artisan queue:work``): of the command line no more than the command."""
        at = next((at for at, word in enumerate(self.argv) if word.rpartition("/")[2] == "artisan"), 0)
        if at:
            command = next((word for word in self.argv[at + 1 :] if not word.startswith("-")), "")
            return f"artisan {command}"[:_TOLD].rstrip()
        script = next((word for word in self.argv[1:] if word.endswith(".php")), "")
        return (f"php {script.rpartition('/')[2]}" if script else "php")[:_TOLD]


@dataclass(frozen=True, slots=True)
class Workers:
    """The long-running PHP processes of the app, those of its other releases included, FPM's own not."""

    processes: tuple[PhpProcess, ...]
