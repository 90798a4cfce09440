"""What happened as lines for people: the newest at the end, just above the prompt."""

import time
from collections.abc import Iterable, Iterator
from itertools import groupby

from liveproof.model.durations import words
from liveproof.model.verdicts import LinkVerdict, Severity
from liveproof.report.content.verdict import STYLES
from liveproof.report.history.events import AlertEvent, Change, DeployEvent, Event, QuietEvent, RunEvent
from liveproof.report.style.escaping import shown
from liveproof.report.style.lines import BLANK, Line, Span, line

_STYLES = {verdict.value: style for verdict, style in STYLES.items()}
_LOUD = (LinkVerdict.BROKEN.value, LinkVerdict.UNPROVEN.value)
_BAD_STATES = ("interrupted", "damaged", "failed", "rolled back in part", "fixed in part")
_INDENT, _NAME, _HANG = 12, 10, 10
_STEPS = 5


def history_lines(events: Iterable[Event], *, several: bool) -> Iterator[Line]:
    """The events, day by day in the local time zone; ``several`` apps: each change is told with its app's path."""
    for number, (day, found) in enumerate(groupby(events, key=lambda event: _day(event.at))):
        if number:
            yield BLANK
        yield line((day, "head"))
        for event in found:
            yield from _event(event, several=several)


def _event(event: Event, *, several: bool) -> Iterator[Line]:
    match event:
        case RunEvent():
            yield from _run(event, several=several)
        case AlertEvent():
            yield from _alert(event, several=several)
        case DeployEvent():
            yield _deploy(event)
        case QuietEvent():
            yield _quiet(event)


def _run(event: RunEvent, *, several: bool) -> Iterator[Line]:
    run = event.run
    kind = "look" if run.part else run.kind
    said: list[str | Span] = []
    if not run.part and run.verdict:
        said.append((f"{_word(run.verdict)}  ", _STYLES.get(run.verdict, "")))
    outcomes = [*run.outcomes, *([f"{event.state} since"] if event.state and event.state not in run.outcomes else [])]
    said += [(f"{shown(outcome)}  ", "bad" if outcome in _BAD_STATES else "") for outcome in outcomes]
    if run.part:
        asked = dict.fromkeys(code for app in run.apps for code in app.asked)
        said.append((f"at {_some(tuple(asked), 6)}  ", "dim"))
    yield _head(event.at, kind, *said, (run.id, "dim"))
    for path, changes in groupby(event.changes, key=lambda change: change.app):
        if several:
            yield line((shown(path), "head"), indent=_INDENT, hang=2)
        yield from _changes(tuple(changes))
    for step in run.steps[:_STEPS]:
        yield _named("did", shown(step))
    if len(run.steps) > _STEPS:
        yield _named("", f"and {len(run.steps) - _STEPS} more: liveproof report {run.id}")


def _changes(changes: tuple[Change, ...]) -> Iterator[Line]:
    by_verdict: dict[str, list[str]] = {}
    for change in changes:
        if change.word == "link":
            by_verdict.setdefault(change.now, []).append(change.link)
    for verdict, links in by_verdict.items():
        yield _named(verdict, ", ".join(links), style=_STYLES.get(verdict, ""))
    for change in changes:
        finding = change.finding
        if change.word == "came":
            style = "dim" if finding.severity == Severity.NOTICE.value else "bad"
            yield _named("came", (shown(finding.code), style), f" {shown(finding.message)}")
        elif change.word == "gone":
            yield _named("gone", (shown(finding.code), "good"), f" {shown(finding.message)}")


def _alert(event: AlertEvent, *, several: bool) -> Iterator[Line]:
    alert = event.alert
    if event.resolved:
        lasted = words(max(0.0, event.at - alert.since))
        said: tuple[str | Span, ...] = (("resolved  ", "good"), f"{shown(alert.problem.code)} after {lasted}")
    else:
        said = (("raised  ", "bad"), f"{shown(alert.problem.code)} {shown(alert.problem.what)}")
    where = (f"  {shown(alert.problem.app)}", "dim") if several and alert.problem.app else ""
    yield _head(event.at, "alert", *said, where)


def _deploy(event: DeployEvent) -> Line:
    deploy = event.deploy
    if event.what == "began":
        return _head(event.at, "deploy", f"began, announced by {shown(deploy.by)}")
    if event.what == "ended":
        return _head(event.at, "deploy", f"ended after {words(max(0.0, event.at - deploy.began))}")
    return _head(event.at, "deploy", ("was not ended in its time", "bad"), f" ({words(deploy.until - deploy.began)})")


def _quiet(event: QuietEvent) -> Line:
    counts = []
    if event.checks:
        counts.append(f"{event.checks} {'check' if event.checks == 1 else 'checks'}")
    if event.narrow:
        counts.append(f"{event.narrow} narrow {'look' if event.narrow == 1 else 'looks'}")
    until = f" until {_until(event)}" if event.until > event.at else ""
    verdict = f"{event.verdict}; " if event.verdict else ""
    return _head(event.at, "", (f"{' and '.join(counts)}{until}: {verdict}nothing changed", "dim"))


def _until(event: QuietEvent) -> str:
    same = _day(event.at) == _day(event.until)
    return time.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S", time.localtime(event.until))


def _head(at: float, kind: str, *said: str | Span) -> Line:
    return line(f"{time.strftime('%H:%M:%S', time.localtime(at)):<10}", f"{kind:<{_HANG}}", *said, indent=2, hang=20)


def _named(name: str, *said: str | Span, style: str = "dim") -> Line:
    return line((f"{name:<{_NAME}}", style), *said, indent=_INDENT, hang=_HANG)


def _word(verdict: str) -> str:
    return verdict.upper() if verdict in _LOUD else verdict


def _some(words: tuple[str, ...], most: int) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d %A", time.localtime(at))
