"""When a monitor is due: every so often, or by a cron expression.

Intervals are counted by the monotonic clock, so that a clock that is set moves none of them. Cron expressions speak of
the time of day: the wall clock decides, and what a jump forward skipped is done once.
"""

import math
import os
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds

OFF = "off"
_EXPECTED = "should be a duration such as 15m, a cron expression such as 0 3 * * *, or off"


class Schedule(Protocol):
    """Says when something is due."""

    def due(self, last: "Moment", now: "Moment") -> bool:
        """Whether it is due, having been done last at that moment."""

    def wait(self, last: "Moment", now: "Moment") -> float:
        """Seconds from now until it is due; infinite for never."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment by both clocks, in seconds: ``wall`` since the epoch, ``steady`` since any beginning."""

    wall: float
    steady: float


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds."""

    seconds: float

    def due(self, last: Moment, now: Moment) -> bool:
        """Whether they are over."""
        return self.wait(last, now) <= 0

    def wait(self, last: Moment, now: Moment) -> float:
        """What is left of them."""
        return max(0.0, last.steady + self.seconds - now.steady)


@dataclass(frozen=True, slots=True)
class Never:
    """Not at all."""

    def due(self, last: Moment, now: Moment) -> bool:  # noqa: ARG002  (one signature)
        """It is not."""
        return False

    def wait(self, last: Moment, now: Moment) -> float:  # noqa: ARG002  (one signature)
        """For ever."""
        return math.inf


@dataclass(frozen=True, slots=True)
class Cron:
    """By a cron expression in the machine's own time zone (crontab(5)); its changes are treated as by Debian's cron."""

    expression: str

    def due(self, last: Moment, now: Moment) -> bool:
        """Whether one of its times has come since then."""
        return self.wait(last, now) <= 0

    def wait(self, last: Moment, now: Moment) -> float:
        """Seconds until its next time after the last one. A clock that was set back does not make it wait longer."""
        return max(0.0, self._next(min(last.wall, now.wall)) - now.wall)

    def _next(self, after: float) -> float:
        from cronsim import CronSim  # noqa: PLC0415  (loaded where there is an expression)

        found: datetime = next(CronSim(self.expression, datetime.fromtimestamp(after, tz=_zone())))
        return found.timestamp()


def parse(text: str) -> Schedule:
    """A schedule as the configuration has it: ``15m``, ``0 3 * * *`` or ``off``.

    Raises:
        ValueError: it is none of these; the message says what it should be.
    """
    from cronsim import CronSim, CronSimError  # noqa: PLC0415  (see above)

    if text == OFF:
        return Never()
    if " " not in text.strip():
        try:
            return Every(seconds(text))
        except ValueError:
            raise ValueError(_EXPECTED) from None
    try:
        next(CronSim(text.strip(), datetime.now(tz=UTC)))
    except (CronSimError, StopIteration):
        raise ValueError(f"{_EXPECTED}: no time matches {text!r}") from None
    return Cron(text.strip())


def _zone() -> tzinfo:
    """The machine's own zone with its changes of summer time, as tzset(3) finds it; UTC where it cannot be read."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415  (see above)

    name = os.environ.get("TZ", "").lstrip(":")
    try:
        if name and not name.startswith("/"):
            return ZoneInfo(name)
        with open(name or "/etc/localtime", "rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC
