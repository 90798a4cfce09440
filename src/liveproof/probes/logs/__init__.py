"""Errors that Laravel, PHP-FPM and nginx logged since the deploy, read from the ends of their logs."""

from collections.abc import Iterator

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.logs import LogGroup, Logs
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes.logs.cured import judged
from liveproof.probes.logs.grouping import Grouper
from liveproof.probes.logs.since import since
from liveproof.probes.logs.sources import Source, sources
from liveproof.probes.logs.tail import from_plain, plain, read_tail
from liveproof.store.cache import Cache

_FORM = 2


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
        read=tuple(reading.seen),
        unread=(*unread, *reading.unread),
        truncated=tuple(sorted(reading.truncated)),
        reason=reason,
        more=tuple(reading.more()),
    )


class _Reading:
    """The logs of one app, with what the last run remembered of them."""

    def __init__(self, reader: Reader, cache: Cache, app: App, start: float) -> None:
        self.seen: list[str] = []
        self.unread: list[tuple[str, str]] = []
        self.truncated: set[str] = set()
        self._reader, self._cache, self._start = reader, cache, start
        where = "".join(c if c.isascii() and c.isalnum() else "-" for c in app.real)
        self._name, self._signature = (
            f"logs-{where[-80:]}",
            repr((_FORM, app.real, app.path, app.servers, app.pools, start)),
        )
        kept = cache.recall(self._name, self._signature) or {}
        self._old = kept
        self._marks: dict[str, list[object]] = {}
        self._groupers: dict[str, Grouper] = {}

    def read(self, source: Source) -> None:
        """Read one log, and the one it was rotated from where that is needed."""
        try:
            mark = from_plain(self._old.get("marks", {}), source.path)
            tail = read_tail(self._reader, source.path, source.parse, self._start, mark)
            if tail is None:
                return
            kept = self._old.get("groups", {}).get(source.path) if tail.resumed else None
            more = self._old.get("more", {}).get(source.path) if tail.resumed else None
            grouper = Grouper.remembered(source, kept, more)
            if not tail.resumed and tail.whole:
                self._rotated(source, grouper)
            for entry in tail.entries:
                grouper.add(entry)
        except CannotSee as error:
            self.unread.append((source.path, str(error)))
            return
        except OSError as error:
            self.unread.append((source.path, error.strerror or str(error)))
            return
        self.seen.append(source.path)
        if tail.truncated or (tail.resumed and source.path in self._old.get("truncated", ())):
            self.truncated.add(source.path)
        self._marks[source.path] = plain(tail.mark)
        self._groupers[source.path] = grouper

    def _rotated(self, source: Source, grouper: Grouper) -> None:
        for path in (f"{source.path}.1",):
            older = read_tail(self._reader, path, source.parse, self._start, None)
            for entry in older.entries if older else ():
                grouper.add(entry)
            if older and older.truncated:
                self.truncated.add(source.path)

    def groups(self) -> Iterator[LogGroup]:
        """Everything found so far."""
        for grouper in self._groupers.values():
            yield from grouper.groups()

    def more(self) -> Iterator[tuple[str, str, int]]:
        """Entries that are in none of the groups, by log and kind."""
        for path, grouper in self._groupers.items():
            for kind, count in sorted(grouper.more.items()):
                yield path, kind, count

    def keep(self) -> None:
        """Remember where each log was read to, and what was found, for the next run."""
        value = {
            "marks": self._marks,
            "groups": {path: grouper.plain() for path, grouper in self._groupers.items()},
            "more": {path: dict(grouper.more) for path, grouper in self._groupers.items()},
            "truncated": sorted(self.truncated),
        }
        if value != self._old:
            self._cache.keep(self._name, self._signature, value)
