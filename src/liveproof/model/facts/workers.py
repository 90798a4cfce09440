"""PHP processes of the app that outlive a request: queue workers, Horizon, Octane, the scheduler."""

from typing import Literal

from liveproof.model.dataclass import dataclass

_TOLD = 60
ChangeKind = Literal["code", "environment", "cache", "place"]


@dataclass(frozen=True, slots=True)
class CodeChange:
    """Something that a PHP process may have loaded, and that changed after it started.

    ``path`` is absolute; ``changed`` (ctime) and ``modified`` (mtime) are epoch seconds. ``kind``: a file of the code,
    an environment file, a cache of Laravel's below bootstrap/cache, or a directory in which something was put, moved or
    removed.
    """

    path: str
    changed: float
    modified: float
    kind: ChangeKind


@dataclass(frozen=True, slots=True)
class PhpProcess:
    """A long-running PHP process.

    Attributes:
        pid, start: its identity; ``start`` is epoch seconds.
        uid, user: whom it runs as.
        argv: its command line, secrets hidden.
        cwd: as the kernel tells it (``… (deleted)``), empty when it may not be read.
        unit: its systemd service, empty when it has none.
        program: its program in supervisord (``group:name``), empty when supervisord did not start it.
        parent: the process that started it, or took it over.
        began: ``start`` to a hundredth of a second.
        release: the directory of the app, or of the release of it, whose code it runs; empty when that was not seen.
        gone: the directory that it runs in and that was deleted; empty when it is there.
        modified: code and environment files that were modified after it began, the newest ones, ``modified_count`` all.
        unclear: what changed after it began without a newer modification time, or may hold what it held before.
        unseen: what keeps its code from being judged, in words.
        restarts_in: where its unit would start it again, links resolved; asked only where it does not run the current
            release, else empty.
        started_again: who starts it again once it has ended by itself (a unit with Restart=always,
            supervisord with autorestart=true); empty when that was
            not seen.
        missed: when artisan's signal to end was sent that it has not followed although it had the time (epoch seconds);
            0 where none is known.
        supervisor: supervisorctl and the configuration of the supervisord that has started it; None where that is none.
        stopped: a signal or a debugger has stopped it, so that it does nothing.
        moment: a change came so close to its start that the order of both cannot be told: the path.
    """

    pid: int
    start: float
    uid: int
    user: str
    argv: tuple[str, ...]
    cwd: str
    unit: str
    program: str = ""
    parent: int = 0
    began: float = 0.0
    release: str = ""
    gone: str = ""
    modified: tuple[CodeChange, ...] = ()
    modified_count: int = 0
    unclear: tuple[CodeChange, ...] = ()
    unclear_count: int = 0
    unseen: tuple[str, ...] = ()
    moment: str = ""
    restarts_in: str = ""
    started_again: str = ""
    missed: float = 0.0
    supervisor: tuple[str, str] | None = None
    stopped: bool = False

    @property
    def id(self) -> str:
        """Its id in a Ref."""
        return f"{self.pid}@{self.start:.2f}"

    @property
    def command(self) -> str:
        """The command of artisan that it runs (``queue:work``), empty when it runs something else."""
        at = next((at for at, word in enumerate(self.argv) if word.rpartition("/")[2] == "artisan"), 0)
        return next((word for word in self.argv[at + 1 :] if not word.startswith("-")), "") if at else ""

    @property
    def told(self) -> str:
        """What it runs, in a few words (``artisan queue:work``): of the command line no more than the command."""
        if any(word.rpartition("/")[2] == "artisan" for word in self.argv[1:]):
            return f"artisan {self.command}"[:_TOLD].rstrip()
        script = next((word for word in self.argv[1:] if word.endswith(".php")), "")
        if not script and self.argv and self.argv[0].rpartition("/")[2] == "frankenphp":
            return "frankenphp"
        return (f"php {script.rpartition('/')[2]}" if script else "php")[:_TOLD]


@dataclass(frozen=True, slots=True)
class Workers:
    """The long-running PHP processes of the app, those of its other releases included, FPM's own not."""

    processes: tuple[PhpProcess, ...]
