"""`liveproof watch` runs, and comes back after a reboot."""

from liveproof.model.facts.watching import Watching
from liveproof.model.findings import Unknown
from liveproof.prevention.item import Item, Seen, State

item = Item(120, "liveproof watch runs and is enabled")

_LATELY = 26 * 3600.0  # s; the rarest monitor looks once a day


_INSTALL = "liveproof install --enable"


@item.judge
def judge(watching: Watching) -> Seen:
    """Done where its unit is active and enabled, where another process of it runs, or where cron starts it."""
    active, _, enabled = watching.unit.partition("/") if isinstance(watching.unit, str) else ("", "", "")
    if active == "active":
        if enabled.startswith("enabled"):
            return Seen(State.DONE, "liveproof-watch.service is active and enabled")
        enable = ("systemctl enable liveproof-watch.service",)
        saw = f"liveproof-watch.service is active, but {enabled or 'not enabled'}"
        return Seen(State.OPEN, saw, ("It does not come back after a reboot",), enable)
    if watching.process:
        by = f" in {watching.process_unit}" if watching.process_unit else ""
        note = "whether it comes back after a reboot was not seen"
        return Seen(State.DONE, f"process {watching.process}{by} is liveproof watch; {note}")
    since = watching.now - watching.looked
    if watching.looked and 0 <= since < _LATELY:
        return Seen(State.DONE, f"liveproof watch looked {since / 3600:.1f} h ago; no process of it runs now")
    return _start(watching, active, enabled)


def _start(watching: Watching, active: str, enabled: str) -> Seen:
    if active:
        start = ("systemctl enable --now liveproof-watch.service",)
        return Seen(State.OPEN, f"liveproof-watch.service is {active} and {enabled}", ("Start it",), start)
    if isinstance(watching.unit, Unknown):
        saw = f"no process of it was seen ({watching.unit.reason})"
        return Seen(State.OPEN, saw, ("From cron it looks every 5 minutes",), ("liveproof install --cron",))
    saw = "there is no liveproof-watch.service, and no process of it was seen"
    return Seen(
        State.OPEN, saw, ("As a service of systemd, that runs now and after each start of the host",), (_INSTALL,)
    )
