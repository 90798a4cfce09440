"""The table ``[history]`` of ``liveproof.toml``: how long and how much of what happened is kept."""

from typing import Annotated

from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds
from liveproof.model.settings.keys import Check, key
from liveproof.model.sizes import octets

_DAY = 86400.0


def _keep(value: str) -> None:
    if seconds(value) < _DAY:
        raise ValueError("should be a day or more, such as 30d")


def _size(value: str) -> None:
    if octets(value) < 1 << 20:
        raise ValueError("should be 1M or more")


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """How much of what happened is kept for `liveproof history` and `liveproof report`."""

    keep: Annotated[str, Check(_keep)] = key(
        "90d", "For how long runs are kept. The newest run of each app, and runs that can be rolled back, always are."
    )
    size: Annotated[str, Check(_size)] = key(
        "128M", "How much all kept runs may take, such as 64M or 1G; beyond it the oldest go first."
    )
