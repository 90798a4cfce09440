"""All that the watcher tells Prometheus: what is known of each app and pool, and its own counters.

Held is the last word on each app (``held_app``), as values without texts, so memory follows the number of apps and
pools and nothing else. ``metrics_server`` and ``textfile`` give it out.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from liveproof.model.examination import Examination
from liveproof.model.rule import Rule
from liveproof.model.run_record import Record
from liveproof.model.verdicts import LinkVerdict
from liveproof.report.content.rule_pages import pages_of
from liveproof.report.metrics import catalogue as metrics
from liveproof.report.metrics.apps import run_samples
from liveproof.report.metrics.catalogue import Sample
from liveproof.report.metrics.exposition import register
from liveproof.watch.metrics.held_app import HeldApp, app_samples, held, lost
from liveproof.watch.metrics.own import OwnMetrics


class Metrics:
    """The metrics of one watcher. Every method may be called from any thread.

    Args:
        rules: all rules.
        now: when the watcher started (epoch seconds).
    """

    def __init__(self, rules: Sequence[Rule], now: float | None = None) -> None:
        self._rules, self._pages = tuple(rules), pages_of(rules)
        self._lock = threading.Lock()
        self._apps: dict[str, HeldApp] = {}
        self._last: tuple[Examination, str] | None = None
        self._count: int | None = None
        self._checks = 0
        self._proofs: dict[str, float] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        register(self._registry, self._samples)
        self.own = OwnMetrics(self._registry, time.time() if now is None else now)

    def update(self, record: Record, *, whole_host: bool = True) -> None:
        """Take what a check found, of all rules or of those that it was narrowed to.

        Args:
            record: the run.
            whole_host: every app was looked for, so one that is not in it is gone. Where no app at all was found
                (nginx does not run), those that were known are unproven and not gone.
        """
        examination = record.examination
        with self._lock:
            self._checks += 1
            found = {
                app.app.path: held(app, examination.started, self._apps.get(app.app.path), self._rules, self._checks)
                for app in examination.apps
            }
            if whole_host:
                self._count = len(found)
                gone = {} if found else {path: lost(known) for path, known in self._apps.items()}
                self._apps = found or gone
            else:
                self._apps |= found
            for app in examination.apps:
                if app.verdict is LinkVerdict.PROVEN:
                    self._proofs[app.app.path] = examination.started
            if self._apps:
                self._proofs = {path: at for path, at in self._proofs.items() if path in self._apps}
            bare = Examination(examination.host, examination.started, examination.seconds, (), "", ())
            self._last = bare, record.version

    def proven(self, app: str, at: float) -> None:
        """When an app was last proven, as the history of runs tells. It is told once a check has found the app."""
        with self._lock:
            self._proofs.setdefault(app, at)

    def forget(self, app: str) -> None:
        """Drop the series of an app that is watched no more."""
        with self._lock:
            self._apps.pop(app, None)

    def text(self) -> bytes:
        """Everything in Prometheus's text format (version 0.0.4, UTF-8)."""
        return generate_latest(self._registry)

    def _samples(self) -> Iterator[Sample]:
        with self._lock:
            apps, last, count, proofs = tuple(self._apps.values()), self._last, self._count, dict(self._proofs)
        if last:
            yield from run_samples(*last, apps=count)
        for app in apps:
            if app.path in proofs:
                yield metrics.PROOF, (app.path,), proofs[app.path]
            yield from app_samples(app, self._pages)
        for samples in _pools(apps).values():
            yield from samples


def _pools(apps: Iterable[HeldApp]) -> dict[tuple[str, str], tuple[Sample, ...]]:
    """The series of each pool as it was seen last. Each look at PHP-FPM is at all pools, the newest has them all."""
    fpm = max((app.fpm for app in apps), key=lambda part: part[0], default=(0, None))[1] or {}
    opcache: dict[tuple[str, str], tuple[Sample, ...]] = {}
    for _, pools in sorted((app.opcache for app in apps), key=lambda part: part[0]):
        opcache |= {("opcache", pool): samples for pool, samples in pools.items()}
    return {("fpm", pool): samples for pool, samples in fpm.items()} | opcache
