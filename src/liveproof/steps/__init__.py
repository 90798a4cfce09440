"""One file = one kind of step: its value, what it does in words, its order, and how several become one. Pure.

Every kind is an ``Act``; ``repair/actions`` has what carries it out, under the same file name.
"""

import os
from importlib import import_module

from liveproof.model.plan import Act


def load() -> tuple[type[Act], ...]:
    """Every kind of step, in the order of a plan; reading a kept plan needs them all."""
    for name in sorted(os.listdir(os.path.dirname(__file__))):
        if name.endswith(".py") and not name.startswith("_"):
            import_module(f"{__name__}.{name[:-3]}")
    return tuple(sorted(Act.kinds.values(), key=lambda kind: kind.order))
