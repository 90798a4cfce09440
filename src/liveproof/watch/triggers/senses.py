"""What the watcher senses between two looks: events of files, ends of processes, lines in logs; as reasons to look.

All descriptors are read in the watcher's own loop; nothing here blocks, and nothing is judged.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from liveproof.host.errors import CannotSee
from liveproof.host.events.event import Culprit, Event, Kind
from liveproof.host.events.source import Source
from liveproof.host.process.process_end import ProcessEnd
from liveproof.model.dataclass import dataclass
from liveproof.watch.triggers.log_filter import LogFilter
from liveproof.watch.triggers.targets import Service, Targets

_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Sensed:
    """What was sensed at once: reasons to look (see ``Targets.reasons``), and how many files changed."""

    reasons: frozenset[str]
    changes: int
    events: tuple[Event, ...] = ()


class Senses:
    """What is watched right now. ``told`` is called, in the loop, with what was sensed."""

    def __init__(self, told: Callable[[Sensed], None], extra: Iterable[str] = ()) -> None:
        self._told = told
        self._extra = tuple(extra)
        self._targets = Targets()
        self._source: Source | None = None
        self._ends: dict[int, ProcessEnd] = {}
        self._logs: dict[str, LogFilter] = {}
        self._culprits: dict[str, Culprit | None] = {}
        self.description = "nothing is watched yet"
        self.gaps: tuple[str, ...] = ()

    def watch(self, targets: Targets) -> None:
        """Watch these from now on; what was watched before and still is loses no event."""
        if self._source and targets.watch() == self._targets.watch():
            self._report(self._source.refresh())
        else:
            self._open(targets)
        self._targets = targets
        for path in self._logs.keys() - set(targets.logs):
            self._logs.pop(path).close()
        for path in set(targets.logs) - self._logs.keys():
            self._logs[path] = LogFilter(path)
        self._watch_services(targets.services)

    @property
    def culprits(self) -> Mapping[str, Culprit | None]:
        """Paths that changed lately, the newest last, with the process that did it last; None where nobody saw it."""
        return self._culprits

    def close(self) -> None:
        """Watch nothing any more."""
        self._close_source()
        for pid in tuple(self._ends):
            self._forget(pid)
        for log in self._logs.values():
            log.close()
        self._logs.clear()

    def _open(self, targets: Targets) -> None:
        wanted = targets.watch()
        self._close_source()
        try:
            self._source = Source(
                type(wanted)(wanted.trees, (*wanted.files, *self._extra), wanted.excludes, wanted.modify)
            )
        except (CannotSee, OSError, ValueError) as error:
            self.description = f"Events cannot be seen ({error}): only the monitors look, by the clock."
            self.gaps = ()
            return
        self.description, self.gaps = self._source.description, self._source.gaps
        asyncio.get_running_loop().add_reader(self._source.fileno(), self._read)

    def _close_source(self) -> None:
        if self._source:
            asyncio.get_running_loop().remove_reader(self._source.fileno())
            self._source.close()
        self._source = None

    def _read(self) -> None:
        """Read at once: who did it can be told only for as long as that process lives."""
        if not self._source:
            return
        try:
            events = self._source.read()
        except OSError:
            events = [Event(Kind.OVERFLOW, "", None, 0.0)]
        self.gaps = self._source.gaps
        self._report(events)

    def _report(self, events: list[Event]) -> None:
        for event in events:
            if event.path:
                known = self._culprits.pop(event.path, None)
                self._culprits[event.path] = event.process or (known if event.kind is Kind.WRITTEN else None)
        while len(self._culprits) > _REMEMBERED:
            self._culprits.pop(next(iter(self._culprits)))
        reasons = set(self._targets.reasons(event for event in events if event.path not in self._extra))
        if any(event.path in self._extra for event in events):
            reasons.add("mark")
        if "log" in reasons and not any([log.relevant() for log in self._logs.values()]):  # noqa: C419  (each is read)
            reasons.discard("log")
        if reasons:
            self._told(Sensed(frozenset(reasons), len(events), tuple(events[:_REMEMBERED])))

    def _watch_services(self, services: Iterable[Service]) -> None:
        wanted = {service.pid: service for service in services}
        for pid in tuple(self._ends):
            if pid not in wanted or self._ends[pid].start != wanted[pid].start:
                self._forget(pid)
        for pid in wanted.keys() - self._ends.keys():
            try:
                self._ends[pid] = ProcessEnd(pid, wanted[pid].start)
            except ProcessLookupError:
                self._told(Sensed(frozenset({"service"}), 0))
            except OSError:
                continue  # no descriptor, or an old kernel: the monitor looks by the clock
            else:
                asyncio.get_running_loop().add_reader(self._ends[pid].fileno(), self._ended, pid)

    def _ended(self, pid: int) -> None:
        self._forget(pid)
        self._told(Sensed(frozenset({"service"}), 0))

    def _forget(self, pid: int) -> None:
        end = self._ends.pop(pid)
        asyncio.get_running_loop().remove_reader(end.fileno())
        end.close()
