"""The app's user can write bootstrap/cache and storage: the seed's third item."""

from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.prevention.item import Item, Seen, State

item = Item(40, "The cache directory and storage are writable")


@item.judge
def judge(app: App, access: Access) -> Seen:
    """Done where no rule found one that is not."""
    if not app.laravel:
        return Seen(State.NOT_APPLICABLE, "this is not a Laravel app")
    return Seen(State.DONE, f"{app.user} can write all {len(access.writable)} places asked, as {access.view} sees them")
