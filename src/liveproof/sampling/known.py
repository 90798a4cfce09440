"""Which apps and pools there are: as the last kept whole run of each app saw them, else by the probes."""

import os
import time
from collections.abc import Callable, Mapping

from liveproof.examine import discover
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.settings import Settings
from liveproof.store.cache import Cache
from liveproof.store.history import History, NoSuchRun
from liveproof.store.sqlite import StoreFailed

_RUNS = 50
_LOADED = 8  # runs; an app that none of these examined is left to the probes
_LOOK_AGAIN = 300.0  # s until the probes are run again, and where they found nothing a minute

Facts = Mapping[type, object]


@dataclass(frozen=True, slots=True)
class Known:
    """Apps with their facts; ``source`` says where from, ``reason`` why there is none or what was not seen."""

    apps: tuple[tuple[App, Facts], ...]
    source: str
    reason: str = ""


class Knowledge:
    """What is known, read again when a newer run is kept.

    Args:
        mark: tells whether the history has changed: equal marks, same history.
    """

    def __init__(self, settings: Settings, cache: Cache, history: History, mark: Callable[[], object]) -> None:
        self._settings, self._cache, self._history, self._mark = settings, cache, history, mark
        self._seen: object = None
        self._known = Known((), "")
        self._again = 0.0

    def now(self) -> tuple[Known, bool]:
        """What is known, and whether it is not what it was at the last call."""
        mark = self._mark()
        if mark != self._seen or not self._again:
            self._seen = mark
            kept = self._kept()
            if kept is not None:
                self._again = float("inf")
                changed, self._known = kept.source != self._known.source, kept
                return kept, changed
            if self._again == float("inf"):
                self._again = 0.0
        if time.monotonic() < self._again:
            return self._known, False
        self._known = self._probed()
        self._again = time.monotonic() + (_LOOK_AGAIN if self._known.apps else _LOOK_AGAIN / 5)
        return self._known, True

    def _kept(self) -> Known | None:
        """By the newest kept run of each app that is still there; None where none has seen PHP-FPM."""
        try:
            runs = self._history.runs(_RUNS)
        except StoreFailed:
            return None
        found: dict[str, tuple[App, Facts]] = {}
        used: list[str] = []
        for run in runs:
            wanted = {path for path in run.apps if path not in found and os.path.lexists(path) and self._asked(path)}
            if not wanted or len(used) == _LOADED:
                continue
            try:
                record = self._history.load(run.id)
            except (StoreFailed, NoSuchRun):
                continue
            for app in record.examination.apps:
                if app.app.path in wanted and isinstance(app.facts.get(Fpm), Fpm):
                    found[app.app.path] = app.app, _needed(app.facts)
                    used.append(run.id)
        names = ", ".join(dict.fromkeys(used))
        return Known(tuple(found[path] for path in sorted(found)), f"kept run {names}") if found else None

    def _asked(self, path: str) -> bool:
        named = self._settings.app.path
        return not named or os.path.realpath(path) == os.path.realpath(named)

    def _probed(self) -> Known:
        apps, found = discover(Reader(), self._settings, self._cache, (Fpm, Nginx, Laravel))
        reason = apps.refused or apps.reason
        return Known(tuple((app, _needed(facts)) for app, facts in found), "the probes", reason)


def _needed(facts: Facts) -> dict[type, object]:
    return {kind: facts[kind] for kind in (Fpm, Nginx, Laravel) if kind in facts}
