"""What is to be looked at next: monitors that are due, and those that events ask for. Pure: it is told the time.

Events that lead to nothing new are looked at less and less often, each monitor for itself: a log that is full of an
error that is known keeps no other fault waiting, and the host's processor free.
"""

import math
from collections.abc import Collection, Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.rule import MonitorName
from liveproof.model.schedules import Moment, Schedule
from liveproof.watch.triggers.monitors import CHAIN, Monitor

# Which monitors an event is for, by its reason (``Targets.reasons``).
_FOR: dict[str, tuple[MonitorName, ...]] = {
    "rights": ("ownership", "writability"),
    "service": ("fpm",),
    "configuration": ("fpm",),
    "log": ("logs",),
    "code": (CHAIN,),
    "link": (CHAIN,),
    "lost": (CHAIN,),
}
# After these the host is another one than was seen last: what is watched is found again by the whole chain.
_CHANGES_HOST = frozenset({"service", "configuration"})
_AFTER = 3.0  # s until then: a service that was restarted has its workers by then
_FREE, _FIRST_PAUSE, _LONGEST_PAUSE = 3, 1.0, 60.0
_FIRST_RECHECK, _LONGEST_RECHECK = 5.0, 60.0  # s; what is broken is looked at again, since not every end is an event
_FIRST_RETRY, _LONGEST_RETRY = 2.0, 60.0  # s after a look that gave no result
_FORGIVEN = 120.0  # s without an event, after which a monitor is asked at once again
_GATHER = 0.1  # s from the first event to the look: what happens together is looked at together
_SLICE = 30.0  # s; a clock that is set is noticed by then


@dataclass(frozen=True, slots=True)
class Job:
    """One look: what asked for it, the monitors that it does the work of, and the codes that it asks (empty: all).

    ``events`` are the monitors that events have asked for until then, each with the reason.
    """

    trigger: str
    monitors: tuple[MonitorName, ...]
    codes: tuple[str, ...]
    events: tuple[tuple[MonitorName, str], ...] = ()


@dataclass(slots=True)
class _Pause:
    """How many looks of a monitor in a row events asked for in vain, and until when it is not asked again."""

    idle: int = 0
    until: float = 0.0
    last: float = 0.0


class Agenda:
    """Knows what is due.

    Args:
        monitors: all of them.
        schedules: when each is due.
        last: when each was done last.
    """

    def __init__(
        self, monitors: Iterable[Monitor], schedules: Mapping[MonitorName, Schedule], last: Mapping[str, Moment]
    ) -> None:
        self._monitors = {monitor.name: monitor for monitor in monitors}
        self._schedules = schedules
        self._last: dict[str, Moment] = dict(last)
        self._asked: dict[MonitorName, str] = {}
        self._pauses = {name: _Pause() for name in self._monitors}
        self._ready = 0.0
        self._rechecks: dict[MonitorName, tuple[float, float]] = {}  # when, and after how long the one before
        self._failures = 0
        self._retry_at = 0.0
        self._whole_at = math.inf
        self._whole_why = ""

    @property
    def last(self) -> Mapping[str, Moment]:
        """When each monitor was done last."""
        return self._last

    def sensed(self, reasons: Iterable[str], now: float) -> None:
        """Events ask for a look, at that moment of the steady clock."""
        if not self._asked:
            self._ready = now + _GATHER
        for reason in reasons:
            for name in _FOR.get(reason, ()):
                self._asked.setdefault(name, reason)

    def whole(self, why: str, at: float) -> None:
        """Look at the whole chain at that moment of the steady clock, whatever else is due."""
        if at < self._whole_at:
            self._whole_at, self._whole_why = at, why

    def next(self, now: Moment) -> Job | None:
        """What is to be done now, several monitors in one look where they are due at once; ``done`` is to follow.

        What events asked for until now is answered by it; what they ask for meanwhile is for the next look.
        """
        if now.steady < self._retry_at:
            return None
        if now.steady >= self._whole_at:
            return self._job(self._whole_why, (CHAIN,))
        asked = [name for name in self._asked if self._when(name) <= now.steady]
        if asked:
            trigger = self._asked[asked[0]]
            return self._job(trigger, (CHAIN,) if CHAIN in asked else tuple(asked))
        due = tuple(name for name in self._monitors if self._is_due(name, now))
        return self._job(due[0], (CHAIN,) if CHAIN in due else due) if due else None

    def done(
        self, job: Job, now: Moment, *, answered: bool, changed: bool, broken: Collection[MonitorName] = ()
    ) -> None:
        """A look has ended: whether it gave a result, and whether that raised or resolved something.

        ``broken`` are monitors for which something is wrong that may end without an event: they look again soon.
        One without a result is repeated, later each time.
        """
        if not answered:
            self._failed(job, now.steady)
            return
        self._failures, self._retry_at = 0, 0.0
        for name in self._covered(job.monitors):
            self._last[name] = now
            before = self._rechecks.pop(name, (0.0, _FIRST_RECHECK / 2))[1]
            if name in broken:
                pause = min(before * 2, _LONGEST_RECHECK)
                self._rechecks[name] = now.steady + pause, pause
        if CHAIN not in job.monitors and _CHANGES_HOST & {reason for _, reason in job.events}:
            self.whole("service", now.steady + _AFTER)
        for name, _ in job.events:
            self._pause(self._pauses[name], now.steady, changed=changed)

    def wait(self, now: Moment) -> float:
        """Seconds until something may be due, a slice of them at most."""
        times = [self._whole_at - now.steady, _SLICE]
        times += [self._when(name) - now.steady for name in self._asked]
        times += [when - now.steady for when, _ in self._rechecks.values()]
        times += [self._schedules[name].wait(self._last[name], now) for name in self._monitors if name in self._last]
        return max(0.0, self._retry_at - now.steady, min(times))

    def _failed(self, job: Job, now: float) -> None:
        self._retry_at = now + min(_FIRST_RETRY * 2.0 ** min(self._failures, 20), _LONGEST_RETRY)
        self._failures += 1
        if CHAIN in job.monitors:
            self.whole(job.trigger, now)
        for name, reason in job.events:
            self._asked.setdefault(name, reason)

    def _when(self, name: MonitorName) -> float:
        """When a monitor that events ask for may look."""
        return max(self._ready, self._pauses[name].until)

    def _is_due(self, name: MonitorName, now: Moment) -> bool:
        again, _ = self._rechecks.get(name, (math.inf, 0.0))
        return name not in self._last or again <= now.steady or self._schedules[name].due(self._last[name], now)

    def _job(self, trigger: str, names: tuple[MonitorName, ...]) -> Job:
        codes = dict.fromkeys(code for name in names for code in self._monitors[name].codes)
        events = tuple((name, self._asked.pop(name)) for name in self._covered(names) if name in self._asked)
        if CHAIN in names:
            self._whole_at = math.inf
        return Job(trigger, names, () if CHAIN in names else tuple(codes), events)

    def _covered(self, names: tuple[MonitorName, ...]) -> tuple[MonitorName, ...]:
        return tuple(self._monitors) if CHAIN in names else names

    @staticmethod
    def _pause(pause: _Pause, now: float, *, changed: bool) -> None:
        if changed or now - pause.last > _FORGIVEN:
            pause.idle = 0
        pause.idle, pause.last = pause.idle + 1, now
        over = pause.idle - _FREE
        pause.until = now + min(_FIRST_PAUSE * 2.0 ** min(over, 20), _LONGEST_PAUSE) if over > 0 else 0.0
