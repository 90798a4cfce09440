"""Edits of a host that no rule knows, found by walking: each function of ``EDITS`` of a module here does one at random.

Those of ``SUPERVISED`` are only for hosts that have a supervisord, so that other hosts keep their seeds.

Everything random comes from the ``Random`` that is handed in, and every list of a host is sorted: the same seed does
the same on every host of the same shape.
"""

import importlib
import pkgutil
from collections.abc import Callable
from random import Random

from tests.lab import Host

Edit = Callable[[Host, Random], str]
"""Does something to a host and shows in a line what it did; raises RuntimeError or OSError where it cannot."""


def all_edits(kind: str = "EDITS") -> dict[str, Edit]:
    """Every edit of a kind by its name and number; its module names it as often as it is likely."""
    found: dict[str, Edit] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        edits: tuple[Edit, ...] = getattr(importlib.import_module(f"{__name__}.{module}"), kind, ())
        found |= {f"{module}.{edit.__name__} {number}": edit for number, edit in enumerate(edits)}
    return found
