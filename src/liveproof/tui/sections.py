"""The sections of the screen, each from what is shown to rows. Pure."""

import os
from collections.abc import Callable, Iterator

from liveproof.model.sample import OpcacheNow, PoolNow, WorkerNow
from liveproof.model.verdicts import Link
from liveproof.report.style.lines import Span
from liveproof.report.style.times import size, span
from liveproof.tui.kept import Chain
from liveproof.tui.rows import (
    VERDICTS,
    Row,
    ago,
    cut,
    filtered,
    heading,
    moment,
    percent,
    row,
    safe,
    severity,
    sparkline,
    tail,
)
from liveproof.tui.shown import SORTS, Shown

_LABEL = 10
_NO_SAMPLE = "no sample has come yet"
Section = Callable[[Shown, int], Iterator[Row]]


def chain(shown: Shown, width: int) -> Iterator[Row]:
    """Every app with its six links and the root causes of what is broken."""
    names = "".join(f"{link.value:<{_LABEL + 1}}" for link in Link)
    yield heading(f"{'CHAIN':<7}", (names, "dim"))
    for one in shown.kept.chains:
        path = safe(one.app.app.path)
        verdict, style = VERDICTS[one.app.verdict]
        told = f"  checked {ago(shown.now - one.at)} ago"
        yield row(
            f"app {path}",
            tail(path, width - len(told) - 12),
            "  ",
            (verdict, style),
            (told, "dim"),
            app=one.app.app.path,
        )
        states = {state.link: VERDICTS[state.verdict] for state in one.app.links}
        spans: list[str | Span] = [" " * 6]
        for link in Link:
            word, style = states.get(link, ("-", "dim"))
            spans += [(word, style), " " * (_LABEL + 1 - len(word))]
        yield row(f"links {path}", *spans, app=one.app.app.path)
        yield from _causes(one, width)
    if not shown.kept.chains:
        yield from _no_chain(shown)
    if shown.kept.why:
        yield row("kept why", (safe(shown.kept.why), "bad"))


def _causes(one: Chain, width: int) -> Iterator[Row]:
    path = one.app.app.path
    for diagnosis in one.app.diagnoses:
        for finding in diagnosis.findings:
            message = cut(safe(finding.message), width - 19)
            head: Span = severity(finding.severity) if finding is diagnosis.root else ("caused ", "dim")
            key = f"finding {path} {finding.code} {message}"
            yield row(key, head, (finding.code, "head"), f"  {message}", code=finding.code, app=path)


def _no_chain(shown: Shown) -> Iterator[Row]:
    if shown.sample and shown.sample.apps:
        for path in shown.sample.apps:
            yield row(f"app {path}", safe(path), "  ", ("not checked yet", "unsure"), "  press r to check it", app=path)
        return
    if shown.sample is None and not shown.kept.reason:
        yield row("no app", ("no check is kept yet; apps are being looked for", "unsure"))
        return
    yield row("no app", ("no app is known on this host", "unsure"))
    reason = shown.kept.reason or (shown.sample.reason if shown.sample else "")
    if reason:
        yield row("no app why", safe(reason))
    yield row("no app do", "start nginx and press r, or name the app: liveproof top /var/www/YOUR-APP")


def alerts(shown: Shown, width: int) -> Iterator[Row]:
    """What the watcher says is wrong now."""
    found = shown.kept.alerts
    if found is None:
        yield heading("ALERTS", ("  none is kept: `liveproof watch` raises them", "dim"))
        return
    yield heading("ALERTS", f"  {len(found)} open" if found else ("  none is open", "good"))
    for alert in found:
        problem = alert.problem
        since = f"for {ago(shown.now - alert.since)}"
        what = cut(safe(problem.what), width - 23 - len(since))
        yield row(
            f"alert {alert.id}", severity(problem.severity), (problem.code, "head"), f"  {what}  ", (since, "dim"),
            code=problem.code, app=problem.app,
        )  # fmt: skip


def pools(shown: Shown, width: int) -> Iterator[Row]:
    """Each pool on one line."""
    sample = shown.sample
    yield heading("POOLS", "" if sample and sample.pools else "  none is known" if sample else f"  {_NO_SAMPLE}")
    for pool in sample.pools if sample else ():
        name = f"{cut(safe(pool.id), 20):<12}"
        if pool.why:
            count = f"{len(pool.workers)} workers  " if pool.workers else ""
            yield row(f"pool {pool.id}", name, " ", (cut(count + safe(pool.why), width - 15), "unsure"))
            continue
        full = pool.active >= pool.max_children > 0
        busy = f"{pool.active}/{pool.max_children} busy"
        waiting = f"{pool.queue} waiting"
        reached = f"max_children reached {pool.limit_reached} times" if pool.limit_reached > 0 else ""
        yield row(
            f"pool {pool.id}", name, " ", (f"{busy:<14}", "bad" if full else ""), f"{pool.idle} idle   ",
            (f"{waiting:<14}", "bad" if pool.queue > 0 else ""), (reached, "unsure"),
        )  # fmt: skip


def workers(shown: Shown, width: int) -> Iterator[Row]:
    """Every worker of every pool, those that serve a request first."""
    sample = shown.sample
    found = [(pool, worker) for pool in (sample.pools if sample else ()) for worker in pool.workers]
    ordered = f"  {len(found)}, by {shown.sort}" if found else "  none runs" if sample else f"  {_NO_SAMPLE}"
    yield heading("WORKERS", ordered)
    if found:
        columns = f"{'PID':>8} {'POOL':<12} {'STATE':<9} {'TIME':>8} {'MEMORY':>9}  REQUEST"
        yield row("workers columns", (columns, "dim"))
    for pool, worker in sorted(found, key=_order(shown.sort)):
        idle = worker.state in ("idle", "unknown")
        took = "" if worker.seconds < 0 or not worker.request else span(worker.seconds)
        memory = size(worker.memory) if worker.memory >= 0 else ""
        yield row(
            f"worker {worker.pid}", f"{worker.pid:>8} {cut(safe(pool.id), 12):<12} ",
            (f"{cut(safe(worker.state), 9):<9}", "dim" if idle else "good"), f" {took:>8} {memory:>9}  ",
            (cut(safe(worker.request), width - 53), "dim" if idle else ""),
        )  # fmt: skip


def _order(sort: str) -> Callable[[tuple[PoolNow, WorkerNow]], tuple[object, ...]]:
    def key(pair: tuple[PoolNow, WorkerNow]) -> tuple[object, ...]:
        pool, worker = pair
        idle = worker.state in ("idle", "unknown")
        if sort == SORTS[1]:
            return -worker.memory, worker.pid
        if sort == SORTS[2]:
            return pool.id, idle, worker.pid
        return idle, 0.0 if idle else -worker.seconds, pool.id, worker.pid

    return key


def opcache(shown: Shown, width: int) -> Iterator[Row]:
    """Fill and hit ratio of each cache, now and over time."""
    sample = shown.sample
    yield heading(
        "OPCACHE", *((f"  {_NO_SAMPLE}",) if sample is None else () if sample.opcache else ("  none is known",))
    )
    for cache in sample.opcache if sample else ():
        names = safe(",".join(cache.pools))
        if cache.why:
            yield row(f"opcache {names}", f"{cut(names, 20):<12} ", (cut(safe(cache.why), width - 15), "unsure"))
        elif not cache.enabled:
            yield row(f"opcache {names}", f"{cut(names, 20):<12} ", ("it is off", "bad"))
        else:
            yield from _cache(shown, cache, names, width)


def _cache(shown: Shown, cache: OpcacheNow, names: str, width: int) -> Iterator[Row]:
    trail = shown.trails[cache.pools]
    bars = max(0, min(60, width - 60))
    total = cache.used + cache.free + cache.wasted
    fill = f"{percent(cache.fill):>7} of {size(total)}, {size(cache.wasted)} wasted"
    label = f"{cut(names, 12):<12} "
    yield row(f"opcache fill {names}", f"{label}fill {fill:<38} ", (sparkline(trail.fill, bars), "dim"))
    lately = f", lately {percent(trail.hits[-1])}" if trail.hits else ""
    hits = f"{percent(cache.hit_ratio) if cache.hit_ratio >= 0 else 'unknown':>7}{lately}, {cache.scripts} scripts"
    yield row(f"opcache hits {names}", f"{'':<13}hits {hits:<38} ", (sparkline(trail.hits, bars), "dim"))


def queue(shown: Shown, width: int) -> Iterator[Row]:
    """Queue workers, with the release that they run."""
    sample = shown.sample
    found = sample.workers if sample else ()
    yield heading("QUEUE WORKERS", f"  {len(found)}" if found else "  none runs" if sample else f"  {_NO_SAMPLE}")
    for worker in found:
        if worker.current is None:
            release: Span = ("release unknown", "dim")
        elif worker.current:
            release = (f"current {safe(os.path.basename(worker.release))}", "good")
        else:
            release = (f"OLD {safe(os.path.basename(worker.release))}", "bad")
        since = f"since {moment(worker.start, shown.now)}"
        text, style = release
        text = cut(text, max(16, width - 62))
        command = cut(safe(worker.command), max(20, width - 80))
        yield row(
            f"queue {worker.pid} {worker.start}", f"{worker.pid:>8} {cut(safe(worker.user), 12):<12} {command:<22} ",
            (text, style), (f"  {since}", "dim"), app=worker.app,
        )  # fmt: skip


def errors(shown: Shown, width: int) -> Iterator[Row]:
    """How many errors were logged, and the last ones."""
    sample = shown.sample
    if sample is None:
        yield heading("LOG ERRORS", f"  {_NO_SAMPLE}")
        return
    logs = sample.logs
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in logs.counts)
    since = f"since {moment(logs.since, shown.now)}"
    yield heading("LOG ERRORS", f"  {counts} {since}" if counts else (f"  none {since}", "good"))
    for error in logs.last:
        when = moment(error.last, shown.now)
        times = f"{error.count}x" if error.count > 1 else ""
        text = cut(safe(error.text), width - 33 if width < 120 else width - 54)
        source = f"  {cut(os.path.basename(safe(error.source)), 20)}" if width >= 120 else ""
        yield row(
            f"error {error.source} {error.text}", f"{when:>10} ", (f"{cut(error.level, 9):<9} ", "bad"),
            f"{times:>5}  {text}", (source, "dim"), app=error.app,
        )  # fmt: skip
    for path, why in logs.unread:
        yield row(f"unread {path}", (cut(f"not read: {tail(safe(path), 40)}: {safe(why)}", width - 2), "unsure"))


_NARROW: tuple[tuple[Section, ...], ...] = ((chain, alerts, pools, opcache, queue, errors, workers),)
_WIDE: tuple[tuple[Section, ...], ...] = ((chain, alerts, queue, errors), (pools, opcache, workers))
WIDE = 160  # columns from which there are two panes


def panes(shown: Shown, width: int) -> tuple[list[Row], ...]:
    """The rows of each pane for a screen of this width."""
    layout = _WIDE if width >= WIDE else _NARROW
    each = width if layout is _NARROW else width // 2 - 1
    return tuple(
        [found for section in sections for found in filtered(section(shown, each), shown.needle)] for sections in layout
    )
