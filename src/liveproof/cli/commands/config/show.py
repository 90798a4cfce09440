"""Print every effective value and where it came from.

Print every effective value and where it came from. Secrets are hidden.
"""

import argparse
import json

from liveproof.cli.console import Console
from liveproof.cli.options import Options, add_config_argument, add_text_or_json_argument
from liveproof.cli.session import load_settings
from liveproof.config.keys import show
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``config show``."""
    add_config_argument(parser)
    add_text_or_json_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the settings, a line each."""
    rows = show(load_settings(Options.from_arguments(arguments)))
    if arguments.format == "json":
        values = {row.key: {"value": row.value, "note": row.note, "source": row.source} for row in rows}
        console.text(json.dumps(values, indent=2) + "\n")
        return 0
    width = max(len(row.key) for row in rows) + 2
    console.lines(
        line(f"{visible(row.key):<{width}}", visible(row.text), (f"  {visible(row.source)}", "dim"), hang=width)
        for row in rows
    )
    return 0
