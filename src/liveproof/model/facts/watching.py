"""Whether `liveproof watch` looks after this host, and whom it tells."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Watching:
    """The watcher of this host.

    Attributes:
        unit: its systemd unit's ActiveState/UnitFileState (``active/enabled``), empty where there is no such unit, or
            Unknown where systemd cannot be asked.
        process: the pid of a running watcher, 0 where none was seen.
        process_unit: the systemd service that this process runs in, empty for none.
        looked: when a watcher looked last, in epoch seconds; 0 where nothing is kept of it.
        now: the moment that this holds for.
        channels: the names of the channels that alerts are sent through.
    """

    unit: str | Unknown
    process: int
    process_unit: str
    looked: float
    now: float
    channels: tuple[str, ...]
