"""A run in short: what `liveproof history` shows of it, in a few hundred bytes, without secrets."""

import json
from _blake2 import blake2b  # what hashlib.blake2b is, without loading OpenSSL, which takes a check 6 ms
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from liveproof.model.examination import AppExamination
from liveproof.model.facts.fpm import Fpm, Load, Pool
from liveproof.model.facts.opcache import Opcache
from liveproof.model.findings import Finding
from liveproof.model.history import PART, VERDICTS, AppSummary, MeasureName, RunSummary, SeenFinding
from liveproof.model.run_record import Record
from liveproof.model.secrets import one_line
from liveproof.model.verdicts import RuleVerdict, Severity

_About = tuple[tuple[AppSummary, ...], tuple[str, ...], tuple[str, ...], tuple[tuple[str, str, float], ...]]
_LONGEST, _MOST_FINDINGS, _MOST_STEPS, _MOST_POOLS = 240, 100, 20, 50
_LASTING = ("pool", "unit", "server")  # what a finding is about for as long as it is the same one


def summarised(record: Record) -> RunSummary:
    """A whole run in short."""
    examination = record.examination
    fixed = record.kind == "fix"
    steps = [step.what for repair in record.repairs if repair.outcome for step in repair.plan.steps] if fixed else []
    values = {(name, pool): value for app in examination.apps for name, pool, value in _values(app.facts)}
    return RunSummary(
        record.id,
        examination.started,
        PART if examination.selected else record.kind,
        examination.verdict.value,
        tuple(_app(app) for app in examination.apps),
        tuple(_outcomes(record)) if fixed else (),
        tuple(one_line(step, _LONGEST) for step in steps[:_MOST_STEPS]),
        tuple((name, one_line(pool), round(value, 2)) for (name, pool), value in values.items()),
    )


def bare(id: str, started: float, kind: str, verdict: str) -> RunSummary:
    """What is known of a run whose body cannot be read."""
    return RunSummary(id, started, kind, verdict, ())


def dumps(summary: RunSummary) -> str:
    """The summary as it is kept, all of it ASCII; id, time, kind and verdict stand beside it."""
    apps = [
        {
            "path": app.path, "verdict": app.verdict, "links": dict(app.links), "unseen": app.unseen,
            "asked": app.asked, "found": [[each.key, each.code, each.severity, each.message] for each in app.findings],
        }
        for app in summary.apps
    ]  # fmt: skip
    known = {"apps": apps, "outcomes": summary.outcomes, "steps": summary.steps, "values": summary.values}
    return json.dumps({name: value for name, value in known.items() if value}, separators=(",", ":"))


def loads(id: str, started: float, kind: str, verdict: str, about: str) -> RunSummary | None:
    """The summary that was kept so; None where it is damaged or of another version."""
    known = _read(about)
    return RunSummary(id, started, kind, verdict, *known) if known else None


# Narrow runs say the same thousands of times, word for word.
@lru_cache(maxsize=256)
def _read(about: str) -> _About | None:
    try:
        data = json.loads(about)
        return (
            tuple(map(_app_from, data.get("apps", ()))),
            tuple(map(str, data.get("outcomes", ()))),
            tuple(map(str, data.get("steps", ()))),
            tuple((str(name), str(pool), float(value)) for name, pool, value in data.get("values", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _app_from(data: Mapping[str, Any]) -> AppSummary:
    links = {str(name): verdict for name, verdict in data["links"].items() if verdict in VERDICTS}
    for _, code, severity, _ in data["found"]:
        Severity(severity)
        str.upper(code)  # TypeError where it is no text
    return AppSummary(
        data["path"],
        data["verdict"],
        tuple(links.items()),
        tuple(SeenFinding(*map(str, found)) for found in data["found"]),
        tuple(map(str, data["unseen"])),
        tuple(map(str, data["asked"])),
    )


def _app(app: AppExamination) -> AppSummary:
    found: dict[str, SeenFinding] = {}
    for finding in app.findings:
        key = _key(app.app.path, finding)
        severity = (finding.severity or Severity.NOTICE).value
        found.setdefault(key, SeenFinding(key, finding.code, severity, one_line(finding.message, _LONGEST)))
    # Not all was seen also where something was found and more could not be.
    unseen = {
        result.code
        for result in app.results
        if result.verdict in (RuleVerdict.UNKNOWN, RuleVerdict.DISABLED) or result.reason
    }
    return AppSummary(
        app.app.path,
        app.verdict.value,
        tuple((state.link.value, state.verdict.value) for state in app.links),
        tuple(found.values())[:_MOST_FINDINGS],
        tuple(sorted(unseen)),
        app.selected,
    )


def _key(path: str, finding: Finding) -> str:
    lasting = sorted(f"{ref.kind} {ref.id}" for ref in finding.about if ref.kind in _LASTING)
    text = "\0".join((finding.code, path, *lasting))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _outcomes(record: Record) -> Iterator[str]:
    told = set()
    for repair in record.repairs:
        outcome = repair.outcome
        word = outcome.kind.value if outcome else "only shown"
        if outcome and outcome.reason.startswith("declined"):
            word = "declined"
        if word not in told:
            told.add(word)
            yield word


def _values(facts: Mapping[type, object]) -> Iterator[tuple[MeasureName, str, float]]:
    opcache, fpm = facts.get(Opcache), facts.get(Fpm)
    for cache in opcache.seen[:_MOST_POOLS] if isinstance(opcache, Opcache) else ():
        if not (cache.loaded and cache.enabled and cache.start_time):
            continue
        if cache.lookups > 0 and min(cache.hits, cache.misses) >= 0:
            yield "hit_ratio", cache.pool, 100 * cache.hits / cache.lookups
        total = cache.memory_used + cache.memory_free + cache.memory_wasted
        if total > 0 and min(cache.memory_used, cache.memory_free, cache.memory_wasted) >= 0:
            yield "memory", cache.pool, 100 * (total - cache.memory_free) / total
    pools = [pool for master in fpm.masters for pool in master.pools] if isinstance(fpm, Fpm) else []
    for pool in pools[:_MOST_POOLS]:
        yield from _of_pool(pool)


def _of_pool(pool: Pool) -> Iterator[tuple[MeasureName, str, float]]:
    yield "workers", pool.id, len(pool.workers)
    if isinstance(pool.load, Load) and pool.max_children > 0:
        yield "busy", pool.id, min(100.0, 100 * pool.load.held / pool.max_children)
