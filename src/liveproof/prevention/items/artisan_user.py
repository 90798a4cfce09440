"""Cron entries, units and scripts run artisan as the app's user."""

from liveproof.model.facts.schedule import Schedule
from liveproof.model.secrets import HIDDEN
from liveproof.prevention.item import Item, Seen, State
from liveproof.prevention.judge import Found
from liveproof.report.content.host_names import Place
from liveproof.report.content.symptoms import as_user, php

item = Item(10, "Cron entries and services run artisan and Composer as the app's user")

_MOST = 10


@item.judge
def judge(schedule: Schedule, found: Found, place: Place) -> Seen:
    """Open where root runs one, with the line that stands there and the one that should."""
    if not found.findings:
        runs = len(schedule.jobs)
        seen = f"{runs} seen, none of them root's for another user's app" if runs else "no job runs them"
        return Seen(State.DONE, seen)
    wrong = [job for job in schedule.jobs if job.uid == 0 and job.right_uid > 0]
    lines: list[str] = []
    for job in wrong[:_MOST]:
        where = job.place.rstrip(":")
        put = () if where == f"In {job.source} put" else (f"# {where}",)
        lines += [f"# {job.source}", f"- {job.line}", *put, f"+ {job.replacement}", *_test(job.kind, job.source)]
    hidden = any(HIDDEN in line for line in lines)
    todo = (
        "liveproof does not edit crontabs, units and scripts: they may do other things that need root. Change by hand",
        f"by hand artisan is run as: {as_user(place, php(place) + ' artisan COMMAND')}",
        *((f"what is {HIDDEN} here stays as it stands there",) if hidden else ()),
        *((f"and {len(wrong) - _MOST} more",) if len(wrong) > _MOST else ()),
    )
    return Seen(State.OPEN, found.findings[0].message.rstrip("."), todo, tuple(lines))


def _test(kind: str, source: str) -> tuple[str, ...]:
    path = source.rpartition(":")[0] or source
    if kind == "systemd":
        return (f"# test: systemd-analyze verify {path} && systemctl daemon-reload",)
    return (f"# test: bash -n {path}",) if kind == "script" else ()
