"""What is known of a host between processes: one JSON file in its directory."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.lab import places
from tests.lab.errors import LabError

_FILE: Final = "host.json"


@dataclass(frozen=True, slots=True)
class State:
    """A host's shape, its number, and the process that answers for it."""

    name: str
    suite: str
    layout: str
    user: str
    index: int
    lowers: tuple[str, ...]
    """The layers below its own disk, topmost first."""

    owner: int
    owner_started: int
    keep: bool
    """Whether it outlives its owner (``python -m tests.lab up``)."""

    pid: int | None = None
    pid_started: int = 0
    """Its systemd, as the machine numbers it."""

    fpm: str = "tuned"
    """Whose values PHP-FPM has."""

    @property
    def home(self) -> Path:
        """The host's directory."""
        return places.hosts() / self.name

    @property
    def abandoned(self) -> bool:
        """Whether its owner died without taking it down."""
        return not self.keep and not alive(self.owner, self.owner_started)

    def running(self) -> int | None:
        """Its systemd's pid while it runs."""
        return self.pid if self.pid is not None and alive(self.pid, self.pid_started) else None

    def save(self) -> None:
        """Write it so that a reader sees either the old or the new."""
        new = self.home / f"{_FILE}.new"
        new.write_text(json.dumps(asdict(self), indent=1))
        new.replace(self.home / _FILE)


def load(name: str) -> State:
    """The state of the host called ``name``.

    Raises:
        LabError: there is none.
    """
    try:
        raw = json.loads((places.hosts() / name / _FILE).read_text())
    except (OSError, ValueError):
        raise LabError(f"no host {name!r}; see: python -m tests.lab list") from None
    return State(**{**raw, "lowers": tuple(raw["lowers"])})


def known() -> Iterator[State]:
    """Every host of this cache, running or not."""
    for path in sorted(places.hosts().glob(f"*/{_FILE}")):
        try:
            yield load(path.parent.name)
        except LabError:
            continue


def started(pid: int) -> int:
    """When a process started, in the kernel's ticks; 0 when it does not exist or is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def alive(pid: int, start: int) -> bool:
    """Whether that very process still runs: numbers are given anew, start times are not."""
    return start != 0 and started(pid) == start


def mine() -> tuple[int, int]:
    """This process, as an owner."""
    return os.getpid(), started(os.getpid())
