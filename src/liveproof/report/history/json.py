"""What happened as objects for machines: one for each event, as schema/liveproof-history-1.schema.json says."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from liveproof.model.secrets import hide_all
from liveproof.report.history.events import AlertEvent, Change, DeployEvent, Event, QuietEvent, RunEvent
from liveproof.report.style.escaping import utf8
from liveproof.report.style.times import iso

SCHEMA = "liveproof-history/1"


def objects(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """An object for each event, without secrets."""
    for event in events:
        yield {"schema": SCHEMA, "at": iso(event.at), **hide_all(_clean(_event(event)))}


def jsonl(events: Iterable[Event]) -> Iterator[str]:
    """One object a line, all of it ASCII, without narrow runs that changed nothing."""
    for each in objects(event for event in events if not _idle(event)):
        yield json.dumps(each, check_circular=False) + "\n"


def _idle(event: Event) -> bool:
    return isinstance(event, RunEvent) and event.run.part and event.quiet


def _event(event: Event) -> dict[str, Any]:
    match event:
        case RunEvent():
            return _run(event)
        case AlertEvent():
            return _alert(event)
        case DeployEvent():
            deploy = event.deploy
            return {
                "event": "deploy", "what": event.what, "by": deploy.by, "began": iso(deploy.began),
                "until": iso(deploy.until), "ended": None if deploy.ended is None else iso(deploy.ended),
            }  # fmt: skip
        case QuietEvent():
            return {
                "event": "quiet", "until": iso(event.until), "checks": event.checks, "narrow": event.narrow,
                "verdict": event.verdict,
            }  # fmt: skip


def _run(event: RunEvent) -> dict[str, Any]:
    run = event.run
    return {
        "event": "run",
        "run": run.id,
        "kind": run.kind,
        "verdict": run.verdict,
        "state": event.state,
        "outcomes": list(run.outcomes),
        "steps": list(run.steps),
        "apps": [
            {
                "path": app.path, "verdict": app.verdict, "links": dict(app.links), "asked": list(app.asked),
                "unseen": list(app.unseen), "codes": sorted({finding.code for finding in app.findings}),
            }
            for app in run.apps
        ],
        "changes": [_change(change) for change in event.changes],
        "values": [{"measure": name, "pool": pool, "value": value} for name, pool, value in run.values],
    }  # fmt: skip


def _change(change: Change) -> dict[str, Any]:
    if change.word == "link":
        return {"what": "link", "app": change.app, "link": change.link, "was": change.was, "now": change.now}
    finding = change.finding
    return {
        "what": change.word, "app": change.app, "code": finding.code, "severity": finding.severity,
        "message": finding.message,
    }  # fmt: skip


def _alert(event: AlertEvent) -> dict[str, Any]:
    alert, problem = event.alert, event.alert.problem
    return {
        "event": "alert",
        "what": "resolved" if event.resolved else "raised",
        "alert": alert.id,
        "code": problem.code,
        "severity": problem.severity.value,
        "app": problem.app,
        "message": problem.what,
        "since": iso(alert.since),
        "resolved_at": None if alert.resolved_at is None else iso(alert.resolved_at),
        "seconds": max(0.0, round(event.at - alert.since, 3)),
    }


def _clean(value: Any) -> Any:
    """The same with every text as UTF-8 can carry it."""
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, dict):
        return {utf8(name): _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value
