"""List what is wrong now, what is silenced, and how channels do.

Examples:
  liveproof alert list
  liveproof alert list --since 7d
"""

import argparse
import json
import time
from collections.abc import Iterator

from liveproof.cli.alerting import alerting
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.options import add_config_argument, add_text_or_json_argument
from liveproof.model.alerts import Alert, ChannelState, Silence, covers
from liveproof.model.durations import seconds
from liveproof.report.style.escaping import utf8, visible
from liveproof.report.style.lines import BLANK, Line, field, line
from liveproof.report.style.times import age, clock, iso


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``alert list``."""
    parser.add_argument("--since", metavar="TIME", default="", help="also what was resolved since then (7d, 12h)")
    add_text_or_json_argument(parser)
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List the alerts.

    Raises:
        UsageError: the configuration or the time is wrong, or the book of alerts cannot be read.
    """
    now = time.time()
    try:
        back = seconds(arguments.since) if arguments.since else 0.0
    except ValueError as error:
        raise UsageError(f"--since {error}") from None
    with alerting(arguments) as alerts:
        found = alerts.book.since(now - back) if back else alerts.book.open_alerts()
        silences, channels = alerts.book.silences(now), alerts.outbox.channels()
    if arguments.format == "json":
        console.text(json.dumps(_document(found, silences, channels), indent=2) + "\n")
    else:
        console.lines(_lines(found, silences, channels, now))
    return 0


def _document(
    found: tuple[Alert, ...], silences: tuple[Silence, ...], channels: tuple[ChannelState, ...]
) -> dict[str, object]:
    return {
        "schema": "liveproof-alerts/1",
        "alerts": [
            {
                "id": alert.id, "code": alert.problem.code, "severity": alert.problem.severity.value,
                "app": utf8(alert.problem.app), "what": utf8(alert.problem.what), "why": utf8(alert.problem.why),
                "command": utf8(alert.problem.command), "details": [utf8(each) for each in alert.problem.details],
                "source": utf8(alert.source), "since": iso(alert.since), "last_seen": iso(alert.last_seen),
                "resolved_at": None if alert.resolved_at is None else iso(alert.resolved_at),
                "silenced": _silence(alert, silences) is not None,
            }
            for alert in found
        ],
        "silences": [
            {"code": each.code, "until": iso(each.until), "why": each.why, "by": each.by, "made": iso(each.made)}
            for each in silences
        ],
        "channels": [
            {
                "name": each.channel, "waiting": each.waiting, "failures": each.failures, "why": each.why,
                "next_try": iso(each.next_try) if each.failures else None,
                "last_delivered": None if each.last_delivered is None else iso(each.last_delivered),
            }
            for each in channels
        ],
    }  # fmt: skip


def _silence(alert: Alert, silences: tuple[Silence, ...]) -> Silence | None:
    found = (each for each in silences if covers(each.code, alert.problem.code))
    return max(found, key=lambda each: each.until, default=None)


def _lines(
    found: tuple[Alert, ...], silences: tuple[Silence, ...], channels: tuple[ChannelState, ...], now: float
) -> Iterator[Line]:
    if not found:
        yield line("no alert is open", hang=2)
    for alert in found:
        yield from _alert(alert, silences, now)
    if silences:
        yield BLANK
    for silence in silences:
        why = f": {silence.why}" if silence.why else ""
        text = f"silenced until {clock(silence.until)} by {silence.by}{why}"
        yield line((f"{silence.code:<9}", "head"), visible(text), hang=9)
    troubled = [channel for channel in channels if channel.failures or channel.waiting]
    if troubled:
        yield BLANK
    for channel in troubled:
        text = f"{channel.waiting} to be sent"
        if channel.failures:
            times = "once" if channel.failures == 1 else f"{channel.failures} times in a row"
            text += f"; failed {times}, next try {clock(channel.next_try)}: {channel.why}"
        yield line((f"{channel.channel:<8} ", "head"), visible(text), hang=9)


def _alert(alert: Alert, silences: tuple[Silence, ...], now: float) -> Iterator[Line]:
    problem = alert.problem
    style = "dim" if alert.resolved_at is not None else "bad"
    yield line(
        (f"{problem.severity.value.upper():<9}", style), (problem.code, "head"), f"  {visible(problem.what)}", hang=9
    )
    if problem.app:
        yield field("where", visible(problem.app), indent=9, width=9)
    if alert.resolved_at is None:
        yield field("since", f"{clock(alert.since)}, for {age(now - alert.since)}", indent=9, width=9)
    else:
        yield field("from", f"{clock(alert.since)} to {clock(alert.resolved_at)}", indent=9, width=9)
    if problem.why:
        yield field("why", visible(problem.why), indent=9, width=9)
    if alert.resolved_at is None and problem.command:
        yield field("do", (visible(problem.command), "command"), indent=9, width=9)
    silence = _silence(alert, silences)
    if alert.resolved_at is None and silence:
        yield field("silenced", f"until {clock(silence.until)}", indent=9, width=9)
