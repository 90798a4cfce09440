"""Laravel's caches match their sources: the seed's fourth and fifth items."""

from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.prevention.item import Item, Seen, State

item = Item(60, "Laravel's caches are rebuilt after a deploy and fresh")


@item.judge
def judge(app: App, laravel: Laravel) -> Seen:
    """Done where every cache that is there is what its sources give now."""
    if not app.laravel:
        return Seen(State.NOT_APPLICABLE, "this is not a Laravel app")
    there = [cache.kind for cache in laravel.caches if cache.exists]
    fresh = f"each is what its sources give now: {', '.join(there)}" if there else "there are none that could be stale"
    return Seen(State.DONE, fresh)
