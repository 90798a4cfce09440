"""What carries out each kind of step, under the file name that the kind has in steps/."""

from importlib import import_module
from pathlib import Path


def load() -> None:
    """Register every action."""
    for file in Path(__file__).parent.glob("[a-z]*.py"):
        import_module(f"{__name__}.{file.stem}")
