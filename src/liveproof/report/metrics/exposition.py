"""Samples as Prometheus's text format, by prometheus_client's registry and encoder.

Names of a host (apps, pools) were chosen by others. As label values they pass ``shown``: no secret, printable, UTF-8.
Two names that look alike after that stay two series, since Prometheus refuses a whole scrape for one that comes twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from liveproof.model.secrets import digest
from liveproof.report.metrics.catalogue import CATALOGUE, Metric, Sample
from liveproof.report.style.escaping import shown

_LONGEST = 500


def exposition(samples: Iterable[Sample]) -> str:
    """The text format of some samples."""
    registry = CollectorRegistry(auto_describe=False)
    register(registry, lambda: samples)
    return generate_latest(registry).decode()


def register(registry: "CollectorRegistry", samples: Callable[[], Iterable[Sample]]) -> None:
    """Let ``registry`` collect what the function ``samples`` gives each time."""

    class Collected:
        def collect(self) -> "Iterable[Family]":
            return families(samples())

        def describe(self) -> "Iterable[Family]":
            return ()

    collector: Collector = Collected()
    registry.register(collector)


def families(samples: Iterable[Sample]) -> "Iterator[Family]":
    """The samples by metric, in the catalogue's order; of one series that comes twice the last value counts."""
    grouped: dict[str, dict[tuple[str, ...], float]] = {}
    for metric, labels, value in samples:
        number = _number(value)
        if number is not None:
            grouped.setdefault(metric.name, {})[labels] = number
    names = _names((metric, labels) for metric in CATALOGUE for labels in grouped.get(metric.name, ()))
    for metric in CATALOGUE:
        if metric.name not in grouped:
            continue
        kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        family = kind(metric.name, metric.help, labels=metric.labels)
        for labels, number in grouped[metric.name].items():
            given = zip(metric.labels, labels, strict=True)
            family.add_metric([names[name][value] for name, value in given], number)
        yield family


def _number(value: float) -> float | None:
    """None for what is no measure: -1 stands for not known, and a pool that lies may tell anything."""
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if 0 <= number < float("inf") else None


def _names(series: Iterable[tuple[Metric, tuple[str, ...]]]) -> dict[str, dict[str, str]]:
    """For each label its values as they are shown; what looks alike but is not has a digest of the whole behind it."""
    seen: dict[str, dict[str, None]] = {}
    for metric, labels in series:
        for name, value in zip(metric.labels, labels, strict=True):
            seen.setdefault(name, {})[value] = None
    return {name: _told(values) for name, values in seen.items()}


def _told(values: Iterable[str]) -> dict[str, str]:
    """Each value as it is shown, no two alike; which one gets a digest does not depend on their order."""
    told = {raw: _short(shown(raw)) for raw in values}
    times = Counter(told.values())
    taken = {text for raw, text in told.items() if times[text] == 1 or text == raw}
    for raw in sorted(told):
        if told[raw] not in taken or (times[told[raw]] > 1 and told[raw] != raw):
            while told[raw] in taken or times[told[raw]] > 1:
                told[raw] = f"{told[raw]} [{digest(raw)}]"
            taken.add(told[raw])
    return told


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
