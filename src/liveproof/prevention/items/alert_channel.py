"""Alerts reach somebody."""

from liveproof.model.facts.watching import Watching
from liveproof.prevention.item import Item, Seen, State

item = Item(130, "Alerts have at least one channel")


@item.judge
def judge(watching: Watching) -> Seen:
    """Done where the configuration names one; whether it arrives, only a person can say."""
    if watching.channels:
        todo = ("Whether it arrives is tried with: liveproof alert test",)
        return Seen(State.DONE, f"configured: {', '.join(watching.channels[:5])}", todo)
    lines = ("[[alerts.channel]]", 'name = "mail"', 'kind = "url"', 'url_file = "/etc/liveproof/mail.url"')
    todo = ("In liveproof.toml, then `liveproof alert test`",)
    return Seen(State.OPEN, "no channel is configured, so nobody is alerted", todo, lines)
