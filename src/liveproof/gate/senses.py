"""What happens between two looks: events of files as the watcher reads them, and PHP processes that come and go.

A reload of PHP-FPM and the start of a worker change no file, so the processes are looked at as well, which costs a few
milliseconds. Nothing here has a thread, and nothing is judged.
"""

import select
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from liveproof.host.errors import CannotSee
from liveproof.host.events.source import Source
from liveproof.host.process.proc import child_pids, processes
from liveproof.watch.triggers.targets import Targets

# What changes the answer of a look; lines in logs are left by the look itself.
_REASONS = frozenset({"link", "code", "rights", "service", "configuration", "lost"})
_QUIET, _LONGEST_BURST = 0.15, 3.0  # s without an event after which a burst is over; s after which it is looked at
_TICK = 0.25
_COST = 20  # so many times as long as looking at the processes takes, nobody looks at them again

_Processes = tuple[frozenset[tuple[int, float]], tuple[tuple[int, frozenset[int]], ...]]


class Senses:
    """Senses from when it was made until the end of a ``with``.

    Attributes:
        last: when something was last sensed, by the steady clock; at first when the sensing began.
        gap: why events cannot be seen, so that only the clock and the processes tell when to look; else empty.
    """

    def __init__(self, targets: Targets, extra: Iterable[str] = ()) -> None:
        self.last = time.monotonic()
        self.gap = ""
        self._extra = tuple(extra)
        self._targets = Targets()
        self._source: Source | None = None
        self._pause = _TICK
        self._known: _Processes = (frozenset(), ())
        self.watch(targets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._source:
            self._source.close()
        self._source = None

    def watch(self, targets: Targets) -> None:
        """Watch these, but for their logs; where that is the same as before, no event is lost."""
        targets = replace(targets, logs=())
        if self._source is None or targets.watch() != self._targets.watch():
            self._open(targets)
        if targets.services != self._targets.services:
            self._targets = targets
            self._known = self._processes()
        self._targets = targets

    def _open(self, targets: Targets) -> None:
        wanted = targets.watch()
        if self._source:
            self._source.close()
        self._source = None
        try:
            self._source = Source(
                type(wanted)(wanted.trees, (*wanted.files, *self._extra), wanted.excludes, wanted.modify)
            )
            self.gap = ""
        except (CannotSee, OSError, ValueError) as error:
            self.gap = str(error)

    def take(self) -> bool:
        """Whether something happened since the last call that a look may answer otherwise for."""
        happened = bool(self._events()) | self._processes_changed()
        if happened:
            self.last = time.monotonic()
        return happened

    def wait(self, until: float) -> bool:
        """Wait for something to happen, and for its end; at most until then, by the steady clock. Whether it did."""
        while (left := until - time.monotonic()) > 0:
            if self._readable(min(left, self._pause)):
                if self._events():
                    self._burst(until)
                    return True
            elif self._processes_changed():
                self._burst(until)
                return True
        return False

    def _burst(self, until: float) -> None:
        """Until nothing happens for a moment, or for too long."""
        self.last = time.monotonic()
        end = min(until, self.last + _LONGEST_BURST)
        while time.monotonic() < end and self._readable(_QUIET):
            if self._events():
                self.last = time.monotonic()
            else:
                time.sleep(0.02)  # the log of a busy site is no event

    def _readable(self, seconds: float) -> bool:
        if self._source is None:
            time.sleep(seconds)
            return False
        return bool(select.select([self._source], [], [], seconds)[0])

    def _events(self) -> frozenset[str]:
        """The reasons to look that have come until now."""
        reasons: frozenset[str] = frozenset()
        while self._source and select.select([self._source], [], [], 0)[0]:
            try:
                found = self._source.read()
            except OSError:
                return frozenset({"lost"})
            reasons |= self._targets.reasons(event for event in found if event.path not in self._extra)
            reasons |= {"mark"} if any(event.path in self._extra for event in found) else frozenset()
            if not found:
                break
        return reasons & (_REASONS | {"mark"})

    def _processes_changed(self) -> bool:
        """Whether a PHP process came or went, or a master of PHP-FPM has none of the workers that it had."""
        lasting, workers = self._processes()
        before, had = self._known
        self._known = (lasting, workers)
        reloaded = any(old and not old & now for (_, old), (_, now) in zip(had, workers, strict=False))
        return lasting != before or [pid for pid, _ in had] != [pid for pid, _ in workers] or reloaded

    def _processes(self) -> _Processes:
        began = time.monotonic()
        try:
            php = (one for one in processes() if one.kind.startswith("php") and "fpm" not in one.kind)
            lasting = frozenset((one.pid, one.start) for one in php)
            workers = tuple((service.pid, child_pids(service.pid)) for service in self._targets.services)
        except OSError:
            return self._known
        self._pause = max(_TICK, _COST * (time.monotonic() - began))
        return lasting, workers
