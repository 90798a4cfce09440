"""New errors in the logs of the apps, as probes/logs tells them: class, place and fingerprint."""

import time
from collections import Counter

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent
from liveproof.model.sample import LogError, LogsNow
from liveproof.model.secrets import hide
from liveproof.model.settings import Settings
from liveproof.probes.logs.grouping import Grouper
from liveproof.probes.logs.sources import Source, sources
from liveproof.probes.logs.tail import Mark, read_tail
from liveproof.sampling.known import Facts, Known

BACK = 900.0  # s before the start whose errors are told as well
_TOLD = 12
_SOURCES_EVERY = 30.0  # s; a daily log gets a new name at midnight
_NOT_SEEN = Absent("it was not looked at")


class _Log:
    """One log of one app, read on from where its reading ended."""

    def __init__(self, app: str, source: Source) -> None:
        self.app, self.source = app, source
        self.grouper = Grouper(source)
        self.why = ""
        self._mark: Mark | None = None
        self._seen: tuple[int, int] = (-1, -1)

    def read(self, reader: Reader, since: float) -> None:
        """Count what came since it was last read; a file that was replaced or cut short is read from its beginning."""
        path = self.source.path
        try:
            status = reader.stat(path)
            if status is None:
                self.why = ""
                return
            if (status.inode, status.size) == self._seen:
                return
            tail = read_tail(reader, path, self.source.parse, since, self._mark)
            self._seen = status.inode, status.size
        except CannotSee as error:
            self.why = str(error)
            return
        except OSError as error:
            self.why = error.strerror or str(error)
            return
        self.why = ""
        if tail is None:
            return
        self._mark = tail.mark
        for entry in tail.entries:
            self.grouper.add(entry)


class Logs:
    """The logs of the known apps; what was counted stays when the apps are looked up again."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader, self._settings = reader, settings
        self._since = time.time() - BACK
        self._known = Known((), "")
        self._logs: dict[tuple[str, str], _Log] = {}
        self._unread: tuple[tuple[str, str], ...] = ()
        self._again = 0.0

    def follow(self, known: Known) -> None:
        """Read the logs of these apps from now on."""
        self._known, self._again = known, 0.0

    def now(self) -> LogsNow:
        """What has been logged until now."""
        if time.monotonic() >= self._again:
            self._again = time.monotonic() + _SOURCES_EVERY
            self._find()
        counts: Counter[str] = Counter()
        errors: dict[tuple[str, str], LogError] = {}
        unread = dict(self._unread)
        for log in self._logs.values():
            log.read(self._reader, self._since)
            if log.why:
                unread[log.source.path] = log.why
            for name, group in log.grouper.by_name.items():
                # A log that several apps share is read for each; the same entry counts once.
                error = LogError(
                    log.app,
                    log.source.path,
                    group.kind,
                    group.level,
                    hide(group.fingerprint),
                    group.entries,
                    group.last,
                )
                errors.setdefault((log.source.path, name), error)
            counts.update(log.grouper.more)
        for error in errors.values():
            counts[error.kind] += error.count
        last = sorted(errors.values(), key=lambda error: (-error.last, error.source, error.text))[:_TOLD]
        reasons = tuple((hide(path), hide(why)) for path, why in sorted(unread.items()))
        return LogsNow(self._since, tuple(sorted(counts.items())), tuple(last), reasons)

    def _find(self) -> None:
        found: dict[tuple[str, str], _Log] = {}
        unread: list[tuple[str, str]] = []
        for app, facts in self._known.apps:
            try:
                logs, reasons = self._sources(app, facts)
            except OSError as error:
                unread.append((app.path, error.strerror or str(error)))
                continue
            unread += reasons
            for source in logs:
                key = (app.path, source.path)
                found[key] = self._logs.get(key) or _Log(app.path, source)
        self._logs, self._unread = found, tuple(unread)

    def _sources(self, app: App, facts: Facts) -> tuple[tuple[Source, ...], tuple[tuple[str, str], ...]]:
        laravel, nginx, fpm = facts.get(Laravel), facts.get(Nginx), facts.get(Fpm)
        return sources(
            self._reader,
            self._settings,
            app,
            laravel=laravel if isinstance(laravel, Laravel) else _NOT_SEEN,
            nginx=nginx if isinstance(nginx, Nginx) else _NOT_SEEN,
            fpm=fpm if isinstance(fpm, Fpm) else _NOT_SEEN,
        )
