"""What the numbers say before and after: hit ratio, memory, response times."""

from collections.abc import Iterator

from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination
from liveproof.model.facts.opcache import PoolOpcache
from liveproof.model.facts.wire import Wire
from liveproof.report.content.host_names import caches, seen
from liveproof.report.style.times import size, span


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number in words; empty ``before`` when there was no earlier run or it did not tell."""

    name: str
    before: str
    after: str


def figures(before: AppExamination | None, after: AppExamination) -> tuple[Figure, ...]:
    """The figures of an app, those of an earlier run beside them."""
    then = dict(_measured(before)) if before else {}
    now = dict(_measured(after))
    return tuple(Figure(name, then.get(name, ""), now.get(name, "")) for name in dict.fromkeys((*then, *now)))


def _measured(app: AppExamination) -> Iterator[tuple[str, str]]:
    for pool, cache in caches(app):
        if not isinstance(cache, PoolOpcache):
            continue
        if not cache.enabled:
            yield f"OPcache ({pool})", "off"
            continue
        yield f"OPcache hit ratio ({pool})", _ratio(cache)
        whole = cache.memory_used + cache.memory_free + cache.memory_wasted
        wasted = f", {size(cache.memory_wasted)} wasted" if cache.memory_wasted else ""
        yield f"OPcache memory ({pool})", f"{size(cache.memory_used)} of {size(whole)}{wasted}"
        yield f"Cached scripts ({pool})", f"{cache.cached_scripts:,} ({cache.keys:,} of {cache.max_keys:,} keys)"
        restarts = cache.oom_restarts + cache.hash_restarts
        if restarts:
            yield f"OPcache restarts for want of room ({pool})", str(restarts)
    wire = seen(app, Wire)
    for exchange in wire.exchanges if wire else ():
        way = "through nginx" if exchange.way == "nginx" else f"straight to the {exchange.way}"
        message = exchange.error or f"{span(exchange.seconds)} (status {exchange.status})"
        yield f"{exchange.method} {exchange.path} {way}", message


def _ratio(cache: PoolOpcache) -> str:
    lookups = cache.hits + cache.misses
    return f"{cache.hits / lookups:.1%} of {lookups:,} lookups" if lookups else "no lookup yet"
