"""logrotate gives the new log to the app's user."""

from liveproof.model.facts.schedule import Schedule
from liveproof.prevention.item import Item, Seen, State
from liveproof.prevention.judge import Found

item = Item(50, "Log rotation gives the new log to the app's user (su, create)")

_MOST = 10


@item.judge
def judge(schedule: Schedule, found: Found) -> Seen:
    """Open where the next log would be another user's, with the line that should stand there."""
    if not found.findings:
        if not schedule.rotations:
            return Seen(State.NOT_APPLICABLE, "logrotate rotates no log of this app")
        return Seen(State.DONE, f"{schedule.rotations[0].source} makes a log that the app may write")
    wrong = [one for one in schedule.rotations if not one.writable]
    lines: list[str] = []
    for one in wrong[:_MOST]:
        path = one.source.rpartition(":")[0] or one.source
        lines += [f"# {one.source}", f"- {one.line}", f"+ {one.replacement}", f"# test: logrotate --debug {path}"]
    todo = ("liveproof does not edit what logrotate reads, for it cannot prove the next rotation. Change by hand",)
    return Seen(State.OPEN, found.findings[0].message.rstrip("."), todo, tuple(lines))
