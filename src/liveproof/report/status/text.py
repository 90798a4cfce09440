"""What runs on a host as lines: one block for each app, on one screen where there is one app."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from liveproof.model.verdicts import LinkVerdict
from liveproof.report.content.verdict import STYLES
from liveproof.report.status.seen import (
    AppStatus,
    Deployed,
    HalfDone,
    HostStatus,
    KeptRun,
    LaravelSeen,
    OpcacheSeen,
    PoolSeen,
    WatcherSeen,
    WorkersSeen,
)
from liveproof.report.style.escaping import shown
from liveproof.report.style.lines import BLANK, Line, Span, field, line
from liveproof.report.style.times import age, clock, size

_LABEL = 13
_NO_APP = "no app was found"
_LISTED = 2  # pools, caches and kinds of workers; --format json has all
_KINDS = ("config", "routes", "events", "views", "packages")
_REASON = 150  # characters of a reason: two lines
_Seen = TypeVar("_Seen", PoolSeen, OpcacheSeen)
_NAME = 40  # characters of a release's or branch's name


def status_lines(status: HostStatus) -> Iterator[Line]:
    """The whole screen."""
    if not status.root:
        yield line(("Not root: much of this only root can see. Run: ", "unsure"), ("sudo liveproof status", "command"))
        yield BLANK
    yield line((shown(status.host), "head"), f"  {clock(status.at)}")
    if not status.apps:
        why = shown(status.reason).removeprefix(f"{_NO_APP}: ")
        yield line((_NO_APP, "unsure"), f": {why}" if why else "", hang=2)
    for app in status.apps:
        yield BLANK
        yield from _app(app, status)
    yield BLANK
    if status.apps and status.reason:
        yield _named("not seen", (_reason(status.reason), "unsure"))
    yield from _watcher(status.watcher, status.at)
    if status.history_why:
        yield _named("history", (_reason(status.history_why), "unsure"))
    yield from _half_done(status.half_done, status.at)


def _app(app: AppStatus, status: HostStatus) -> Iterator[Line]:
    at = status.at
    yield line((shown(app.path), "head"))
    yield _named("user", shown(app.user) if app.user else ("not known", "unsure"))
    yield _named("deployed", *_deployed(app))
    pools = _apart(app.pools)
    yield from _listed("PHP", [_pool(pool, at, len(pools)) for pool in pools], "no PHP-FPM pool serves it")
    yield from _opcaches(_apart(app.opcache), at)
    if app.laravel:
        yield from _laravel(app.laravel, at)
    none = f"not seen: {_reason(app.workers_why)}" if app.workers_why else "none runs"
    yield from _listed("workers", [_worker(group, at) for group in app.workers], none)
    nothing = "not seen" if status.history_why else "none is kept" if status.root else "none is kept by this user"
    yield _named("last check", *_run(app.last_check, at, nothing))
    yield _named("last fix", *_run(app.last_fix, at, nothing))


def _named(name: str, *spans: str | Span) -> Line:
    return field(name, *spans, width=_LABEL)


def _listed(name: str, found: Sequence[Sequence[str | Span]], none: str) -> Iterator[Line]:
    if not found and none:
        yield _named(name, (none, "unsure" if none.startswith("not") else ""))
    for number, spans in enumerate(found[:_LISTED]):
        yield _named("" if number else name, *spans)
    yield from _more(found)


def _more(found: Sequence[object]) -> Iterator[Line]:
    if len(found) > _LISTED:
        yield _named("", (f"and {len(found) - _LISTED} more (--format json has all)", "dim"))


def _deployed(app: AppStatus) -> Iterator[str | Span]:
    how: Deployed = app.deployed
    words = []
    if how.release:
        words.append(f"release {_cut(how.release)} is current")
    if how.commit:
        words.append(
            f"git {how.commit[:8]} on {_cut(how.branch)}" if how.branch else f"git {how.commit[:8]}, no branch"
        )
    tool = {"releases": "release directories"}.get(how.tool, how.tool)
    if tool and not (tool == "git" and how.commit):
        words.insert(0, tool)
    if words or not how.why:
        yield ", ".join(words) or "a plain directory"
    if how.why:
        yield f"{'; ' if words else ''}not seen: {_reason(how.why)}", "unsure"


def _apart(found: Sequence[_Seen]) -> Sequence[_Seen]:
    """The same, but one for all where none was seen, for one reason."""
    return found[:1] if found and found[0].why and len({each.why for each in found}) == 1 else found


def _pool(pool: PoolSeen, at: float, shown_pools: int) -> list[str | Span]:
    if pool.why:
        name = f"pool {_cut(pool.id)}: " if shown_pools > 1 else ""
        return [name, (f"not seen: {_reason(pool.why)}", "unsure")]
    if not pool.master:
        return [f"{pool.php}, pool {_cut(pool.id)} ", ("does not run", "bad")]
    count = f"{pool.workers} worker{'' if pool.workers == 1 else 's'}"
    return [f"{pool.php}, pool {_cut(pool.id)}: master {pool.master}, {count}, {_since(pool.since, at)}"]


def _opcaches(caches: Sequence[OpcacheSeen], at: float) -> Iterator[Line]:
    for number, cache in enumerate(caches[:_LISTED]):
        name = f"{_cut(cache.pool)}: " if len(caches) > 1 else ""
        label = "" if number else "OPcache"
        if cache.why:
            yield _named(label, name, (f"not seen: {_reason(cache.why)}", "unsure"))
        elif not cache.enabled:
            yield _named(label, name, ("off", "unsure"))
        else:
            hits = f"hit ratio {_percent(cache.hit_ratio)}" if cache.hit_ratio >= 0 else "no lookup yet"
            memory = f"{size(cache.used)} of {size(cache.total)}"
            yield _named(label, f"{name}{memory} used, {hits}, {cache.scripts} scripts")
            yield _named("", f"validate_timestamps={int(cache.validate_timestamps)}, {_since(cache.since, at)}")
    yield from _more(caches)


def _laravel(laravel: LaravelSeen, at: float) -> Iterator[Line]:
    if laravel.why:
        yield _named("Laravel", (f"not seen: {_reason(laravel.why)}", "unsure"))
        return
    environment = f"environment {shown(laravel.environment)}" if laravel.environment else "environment not seen"
    spans: list[str | Span] = [f"{shown(laravel.version)}, {environment}"]
    if laravel.debug is not None:
        spans += [", debug ", ("on", "unsure") if laravel.debug else "off"]
    if laravel.down:
        spans += [", ", (f"in maintenance mode for {age(at - laravel.down)}", "bad")]
    yield _named("Laravel", *spans)
    found = {cache.kind: cache.written for cache in laravel.caches}
    ages = [f"{kind} {age(at - found[kind])}" for kind in _KINDS if found.get(kind)]
    without = [kind for kind in _KINDS if kind in found and not found[kind]]
    yield _named("caches", ", ".join(ages) + " old" if ages else "none is written")
    if ages and without:
        yield _named("", f"not cached: {', '.join(without)}")


def _worker(group: WorkersSeen, at: float) -> list[str | Span]:
    started = "started" if group.count == 1 else "oldest started"
    head = f"{group.count} {shown(group.what)}, {started} {age(at - group.oldest)} ago, "
    if group.current is None:
        return [head, ("release not seen", "unsure")]
    name = f"release {_cut(group.release)}"
    return [head, name] if group.current else [head, (f"OLD {name}", "bad")]


def _run(run: KeptRun | None, at: float, nothing: str) -> Iterator[str | Span]:
    if run is None:
        yield nothing, "unsure" if nothing == "not seen" else "dim"
        return
    if run.outcome:
        yield f"{run.outcome} "
    if run.steps:
        yield f"({run.steps} step{'' if run.steps == 1 else 's'}) "
    if run.outcome and run.verdict:
        yield "and then "
    if run.verdict:
        verdict = LinkVerdict(run.verdict)
        yield run.verdict.upper() if verdict is LinkVerdict.BROKEN else run.verdict, STYLES[verdict]
        yield " " if run.compared or verdict is not LinkVerdict.PROVEN else " (no release compared) "
    yield f"{age(at - run.at)} ago"


def _watcher(watcher: WatcherSeen | None, at: float) -> Iterator[Line]:
    if watcher is None:
        return
    looked = f", looked {age(at - watcher.looked)} ago" if watcher.looked else ""
    unit = f"unit {shown(watcher.unit)}" if watcher.unit else ""
    if watcher.why:
        unit = f"unit not seen: {_reason(watcher.why)}"
    if watcher.pid:
        yield _named("watcher", ("runs", "good"), f", process {watcher.pid}{looked}")
    else:
        yield _named("watcher", ("does not run", "unsure"), f"{looked}{f', {unit}' if unit else ''}")


def _half_done(runs: Iterable[HalfDone], at: float) -> Iterator[Line]:
    for run in runs:
        steps = f"{run.steps} step{'' if run.steps == 1 else 's'} begun"
        told = f"a fix of {shown(run.app)} was cut off {age(at - run.at)} ago, {steps}"
        yield _named("HALF DONE", (told, "bad"))
        yield _named("", (f"liveproof rollback {run.run}", "command"), "  rolls it back")


def _since(moment: float, now: float) -> str:
    """A start on this host's clock, with its date where that is not today."""
    if moment <= 0:
        return "start not seen"
    same = time.localtime(moment)[:3] == time.localtime(now)[:3]
    return "since " + time.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M", time.localtime(moment))


def _percent(share: float) -> str:
    """A share; 100 % only where nothing is missing."""
    return f"{min(share * 100, 99.9) if share < 1 else 100:.1f} %"


def _cut(name: str) -> str:
    name = shown(name)
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _reason(text: str) -> str:
    text = shown(text)
    return text if len(text) <= _REASON else f"{text[: _REASON - 1]}…"
