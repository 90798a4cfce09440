"""A day of the seed's host as the history keeps it: a deploy, what broke, its alert, the fix, quiet checks."""

from dataclasses import replace
from typing import Any

from liveproof.model.alerts import Alert, Problem
from liveproof.model.history import AnnouncedDeploy, FixJournal, RunSummary
from liveproof.model.run_record import Record
from liveproof.model.verdicts import Severity
from liveproof.report.history.events import Kept, Wanted
from liveproof.store.history.summaries import summarised
from tests.golden import hostile, incident
from tests.golden.seed_facts import AT, PATH

_HOUR = 3600.0
SINCE, UNTIL = AT - 24 * _HOUR, AT + 12 * _HOUR
EVERYTHING = Wanted()


def run(record: Record, at: float, number: int, *selected: str, **changes: Any) -> RunSummary:
    """A kept run of this record, as if it had been made then."""
    examination = record.examination
    apps = tuple(replace(app, selected=selected) for app in examination.apps)
    record = replace(record, examination=replace(examination, started=at, apps=apps))
    return replace(summarised(record), id=f"20251024-{number:06}-3f", **changes)


def _pools(hits: float, workers: float) -> tuple[tuple[str, str, float], ...]:
    return (
        ("hit_ratio", "8.3/www", hits), ("memory", "8.3/www", 60.0), ("workers", "8.3/www", workers),
        ("hit_ratio", "8.3/shop", hits / 2 + 40), ("workers", "8.3/shop", 2.0),
    )  # fmt: skip


def kept() -> Kept:
    """What is known of these 36 hours."""
    healthy = replace(incident.broken(), examination=incident.examination(incident.app("OPC013")), repairs=())
    quiet = [
        run(healthy, SINCE + number * _HOUR, number, values=_pools(min(99.0, 40.0 + 5 * number), 5.0))
        for number in range(20)
    ]
    looks = [run(healthy, SINCE + number * _HOUR + 60, 100 + number, "OPC", "FPM001") for number in range(20)]
    found = run(incident.broken(), AT - 3 * _HOUR, 200, "FIL", "LAR")
    broken = run(incident.broken(), AT - 2.5 * _HOUR, 201, values=_pools(70.0, 5.0))
    fixed = run(incident.fixed(), AT, 202)
    odd = run(hostile.record(), AT + _HOUR, 203)
    alert = Alert(
        "20251024-073000-0a1b2c3d",
        Problem("k", "SYS001", PATH, Severity.HIGH, incident.FINDINGS["SYS001"].message),
        "ownership", AT - 2.5 * _HOUR, AT, AT + 5,
    )  # fmt: skip
    journals = (
        FixJournal(fixed.id, PATH, AT, "rolled back", fixed.steps),
        FixJournal("20251024-113000-aa", PATH, AT + 2 * _HOUR, "interrupted", ("chown www-data: 3 files",)),
    )
    deploys = (
        AnnouncedDeploy(AT - 4 * _HOUR, AT - 3.5 * _HOUR, "deploy", AT - 3.9 * _HOUR),
        AnnouncedDeploy(AT + 3 * _HOUR, AT + 3.5 * _HOUR, "root"),
    )
    runs = sorted((*quiet, *looks, found, broken, fixed, odd), key=lambda each: each.started)
    return Kept(SINCE, UNTIL, (), tuple(runs), (alert,), journals, deploys)
