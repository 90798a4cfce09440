"""A real request is part of the proof: the seed's last item."""

from liveproof.model.facts.wire import Wire
from liveproof.model.settings import Settings
from liveproof.prevention.item import Item, Seen, State

item = Item(110, "A deploy counts as done only after a real request")


@item.judge
def judge(settings: Settings, wire: Wire) -> Seen:
    """Done where the configuration names a request, and no rule found fault with the answer."""
    if not settings.request:
        todo = (
            "Only `GET /` is sent. Name a request that runs your code, with what it must answer, in liveproof.toml",
        )
        lines = ("[[request]]", 'path = "/api/status"', "status = 200")
        return Seen(State.OPEN, "no request is configured", todo, lines)
    if wire.unasked or not wire.exchanges:
        why = "; ".join(f"{request}: {reason}" for request, reason in wire.unasked[:3]) or "none was sent"
        return Seen(State.UNKNOWN, f"what is configured was not sent ({why})")
    asked = ", ".join(dict.fromkeys(exchange.request for exchange in wire.exchanges))
    return Seen(State.DONE, f"{asked} was sent and answered as it should")
