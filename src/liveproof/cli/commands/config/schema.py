"""Print the JSON Schema of liveproof.toml."""

import argparse
import json

from liveproof.cli.console import Console
from liveproof.config.checked import schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``config schema`` has no arguments."""


def run(arguments: argparse.Namespace, console: Console) -> int:  # noqa: ARG001  (every command's signature)
    """Print the schema."""
    console.text(json.dumps(schema(), indent=2) + "\n")
    return 0
