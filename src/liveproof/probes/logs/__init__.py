"""Errors that Laravel, PHP-FPM and nginx logged since the deploy, read from the ends of their logs."""

from collections.abc import Iterator

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes.logs.grouping import Group, Grouper
from liveproof.probes.logs.resolved import judged
from liveproof.probes.logs.since import since
from liveproof.probes.logs.sources import Source, sources
from liveproof.probes.logs.tail import Mark, read_tail
from liveproof.store.cache import Cache


@dataclass(frozen=True, slots=True)
class _Log:
    """What is remembered of one log: where its reading ended, and what was found before that."""

    mark: Mark
    groups: dict[str, Group]
    more: dict[str, int]
    truncated: bool


def probe(
    reader: Reader,
    *,
    settings: Settings,
    cache: Cache,
    app: App,
    files: Files | Unknown | Absent,
    laravel: Laravel | Unknown | Absent,
    nginx: Nginx | Unknown | Absent,
    fpm: Fpm | Unknown | Absent,
    opcache: Opcache | Unknown | Absent,
) -> Logs:
    """Read the logs; where one was read before for the same deploy, only what came since."""
    start, reason = since(reader, app, files=files, fpm=fpm, opcache=opcache)
    found, unread = sources(reader, settings, app, laravel=laravel, nginx=nginx, fpm=fpm)
    reading = _Reading(reader, cache, app, start)
    for source in found:
        reading.read(source)
    reading.keep()
    groups = tuple(sorted(reading.groups(), key=lambda group: (-group.last, group.source, group.fingerprint)))
    return Logs(
        since=start,
        groups=judged(app, fpm, groups),
        read=reading.paths,
        unread=(*unread, *reading.unread),
        truncated=tuple(sorted(reading.truncated)),
        reason=reason,
        more=tuple(reading.more()),
        fpm=tuple(source.path for source in found if source.of_fpm and source.path in reading.paths),
    )


class _Reading:
    """The logs of one app, with what the last run remembered of them."""

    def __init__(self, reader: Reader, cache: Cache, app: App, start: float) -> None:
        self.unread: list[tuple[str, str]] = []
        self.truncated: set[str] = set()
        self._reader, self._start = reader, start
        self._entry = cache.entry("logs", app.real)
        self._signature = (app.path, app.servers, app.pools, start)
        self._before = self._entry.recall(self._signature, dict[str, _Log]) or {}
        self._read: dict[str, tuple[Mark, Grouper]] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The logs that were read."""
        return tuple(self._read)

    def read(self, source: Source) -> None:
        """Read one log, and the one it was rotated from where that is needed."""
        path = source.path
        before = self._before.get(path)
        try:
            tail = read_tail(self._reader, path, source.parse, self._start, before.mark if before else None)
            if tail is None:
                return
            if not tail.resumed:
                before = None
            grouper = Grouper(source, before.groups, before.more) if before else Grouper(source)
            if not tail.resumed and tail.whole:
                self._rotated(source, grouper)
            for entry in tail.entries:
                grouper.add(entry)
        except CannotSee as error:
            self.unread.append((path, str(error)))
            return
        except OSError as error:
            self.unread.append((path, error.strerror or str(error)))
            return
        if tail.truncated or (before and before.truncated):
            self.truncated.add(path)
        self._read[path] = tail.mark, grouper

    def _rotated(self, source: Source, grouper: Grouper) -> None:
        for path in (f"{source.path}.1",):
            older = read_tail(self._reader, path, source.parse, self._start, None)
            for entry in older.entries if older else ():
                grouper.add(entry)
            if older and older.truncated:
                self.truncated.add(source.path)

    def groups(self) -> Iterator[LogGroup]:
        """Everything found so far."""
        for _, grouper in self._read.values():
            yield from grouper.groups()

    def more(self) -> Iterator[tuple[str, str, int]]:
        """Entries that are in none of the groups, by log and kind."""
        for path, (_, grouper) in self._read.items():
            for kind, count in sorted(grouper.more.items()):
                yield path, kind, count

    def keep(self) -> None:
        """Remember where each log was read to, and what was found, for the next run."""
        logs = {
            path: _Log(mark, grouper.by_name, dict(grouper.more), path in self.truncated)
            for path, (mark, grouper) in self._read.items()
        }
        if logs != self._before:
            self._entry.keep(self._signature, logs, dict[str, _Log])
