"""One file = one kind of step: its value, what it does in words, its order, and how several become one. Pure.

Every kind is an ``Act``; ``repair/actions`` has what carries it out, under the same file name.
"""

from importlib import import_module
from pathlib import Path

from liveproof.model.plan import Act


def load() -> tuple[type[Act], ...]:
    """Every kind of step, in the order of a plan; reading a kept plan needs them all."""
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        import_module(f"{__name__}.{file.stem}")
    return tuple(sorted(Act.kinds.values(), key=lambda kind: kind.order))
