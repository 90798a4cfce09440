"""Print the version."""

import argparse

from liveproof import __version__
from liveproof.cli.console import Console

HELP_ORDER = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``version`` has no arguments."""


def run(arguments: argparse.Namespace, console: Console) -> int:  # noqa: ARG001  (every command's signature)
    """Print the version."""
    console.text(f"liveproof {__version__}\n")
    return 0
