"""The watcher's own counters. Labels have few values by nature; should they ever not, the rest counts as ``other``."""

import threading
from collections.abc import Iterable, Mapping

import prometheus_client as client
from prometheus_client import CollectorRegistry

from liveproof.model.secrets import hide
from liveproof.report.style.escaping import visible

_PREFIX = "liveproof_watch_"
_MOST = 100
_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
_LATE = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)


class OwnMetrics:
    """What `liveproof watch` does, and what goes wrong with it. Every method may be called from any thread.

    ``now`` (epoch seconds) is when the watcher started.
    """

    def __init__(self, registry: CollectorRegistry, now: float) -> None:
        client.disable_created_metrics()  # type: ignore[no-untyped-call]  # the text format has no place for them but series of their own

        def counter(name: str, help: str, *labels: str) -> client.Counter:
            return client.Counter(_PREFIX + name, help, labels, registry=registry)

        self._lock = threading.Lock()
        self._known: dict[str, set[str]] = {}
        client.Gauge(_PREFIX + "start_timestamp_seconds", "When the watcher started.", registry=registry).set(now)
        self._started = counter("checks_started_total", "Checks that were started, by what asked for them.", "trigger")
        self._failed = counter(
            "checks_failed_total", "Checks that gave no result (failed), or none in time (timeout).", "reason"
        )
        self._took = client.Histogram(
            _PREFIX + "check_duration_seconds", "How long checks took.", buckets=_SECONDS, registry=registry
        )
        self._events = counter("events_total", "Changes that the host's kernel reported, by kind.", "kind")
        self._overflows = counter("event_overflows_total", "Times that changes came too fast and some were lost.")
        self._raised = counter("alerts_raised_total", "Alerts that were raised.", "severity")
        self._resolved = counter("alerts_resolved_total", "Alerts that were resolved.")
        self._open = client.Gauge(_PREFIX + "alerts_open", "Alerts that are open.", ("severity",), registry=registry)
        self._delivered = counter("deliveries_total", "Messages that a channel took.", "channel")
        self._undelivered = counter("deliveries_failed_total", "Messages that a channel did not take.", "channel")
        self._late = client.Histogram(
            _PREFIX + "lag_seconds", "How much later than planned the watcher came to its work.", buckets=_LATE,
            registry=registry,
        )  # fmt: skip
        self._errors = counter("errors_total", "Errors of the watcher itself, by where they happened.", "area")
        for reason in ("failed", "timeout"):
            self._failed.labels(reason)
        client.ProcessCollector(namespace="liveproof_watch", registry=registry)

    def expect(self, channels: Iterable[str] = (), areas: Iterable[str] = ()) -> None:
        """Begin the counters of these alert channels and areas of errors at 0: so the first failure is an increase."""
        for channel in channels:
            for counter in (self._delivered, self._undelivered):
                counter.labels(self._label("channel", channel))
        for area in areas:
            self._errors.labels(self._label("area", area))

    def check_started(self, trigger: str) -> None:
        """A check was started; ``trigger`` is the monitor or event that asked for it."""
        self._started.labels(self._label("trigger", trigger)).inc()

    def check_ended(self, seconds: float) -> None:
        """A check gave its result after so long."""
        self._took.observe(max(0.0, seconds))

    def check_failed(self, *, timed_out: bool = False) -> None:
        """A check gave no result."""
        self._failed.labels("timeout" if timed_out else "failed").inc()

    def events(self, kind: str, count: int = 1) -> None:
        """Changes were reported."""
        self._events.labels(self._label("kind", kind)).inc(max(0, count))

    def overflowed(self) -> None:
        """Changes came too fast, some were lost, and a rescan is needed."""
        self._overflows.inc()

    def alert_raised(self, severity: str) -> None:
        """An alert was raised."""
        self._raised.labels(self._label("severity", severity)).inc()

    def alert_resolved(self) -> None:
        """An alert was resolved."""
        self._resolved.inc()

    def alerts_open(self, count: Mapping[str, int]) -> None:
        """How many alerts are open, by severity; a severity that is not named has none."""
        with self._lock:
            known = set(self._known.get("open", ()))
        for severity in known | count.keys():
            self._open.labels(self._label("open", severity)).set(count.get(severity, 0))

    def delivery(self, channel: str, *, taken: bool) -> None:
        """A channel took a message, or did not."""
        (self._delivered if taken else self._undelivered).labels(self._label("channel", channel)).inc()

    def late(self, seconds: float) -> None:
        """The loop came so much later than planned."""
        self._late.observe(max(0.0, seconds))

    def error(self, area: str) -> None:
        """Something of the watcher itself failed."""
        self._errors.labels(self._label("area", area)).inc()

    def _label(self, name: str, value: str) -> str:
        text = visible(hide(value))[:100]
        with self._lock:
            known = self._known.setdefault(name, set())
            if text not in known and len(known) >= _MOST:
                return "other"
            known.add(text)
        return text
