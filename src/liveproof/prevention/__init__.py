"""The prevention checklist: what keeps a fault from coming back, judged on this very host. Pure.

One file in ``items/`` is one item; rules say by ``prevents`` which item their findings keep open, and what fixes these
is their own fix.
"""

import os
from functools import cache
from importlib import import_module
from itertools import pairwise

from liveproof.prevention.item import Item

_ITEMS = "liveproof.prevention.items"


@cache
def load() -> tuple[Item, ...]:
    """Every item in the order of the checklist, found by walking the folder.

    Raises:
        TypeError: a file has no item, or no judge; or two items have the same place.
    """
    return _loaded(_ITEMS)


def _loaded(package: str) -> tuple[Item, ...]:
    items = []
    for folder in import_module(package).__path__:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py") and not name.startswith("_"):
                item = getattr(import_module(f"{package}.{name[:-3]}"), "item", None)
                if not isinstance(item, Item) or item.function is None:
                    raise TypeError(
                        f"{package}.{name[:-3]} is not an item: it needs `item` and a function under @item.judge"
                    )
                item.name = name[:-3]
                items.append(item)
    items.sort(key=lambda item: item.place)
    for one, other in pairwise(items):
        if one.place == other.place:
            raise TypeError(f"{one.name} and {other.name} have the same place {one.place}")
    return tuple(items)
