"""List every fault that liveproof knows."""

import argparse
import json

from liveproof.cli.console import Console
from liveproof.cli.options import add_text_or_json_argument
from liveproof.model.rule import Rule
from liveproof.report.style.lines import line
from liveproof.rules import load

HELP_ORDER = 9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``rules``."""
    add_text_or_json_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List the rules by code."""
    if arguments.format == "json":
        known = [
            {
                "code": rule.code, "rule": rule.name, "title": rule.title, "severity": rule.severity.value,
                "link": rule.link.value, "fix": rule.fix_safety.value, "caused_by": list(rule.caused_by),
            }
            for rule in load()
        ]  # fmt: skip
        console.text(json.dumps(known, indent=2) + "\n")
        return 0
    console.lines(line((rule.code, "head"), f"  {_columns(rule)} {rule.title}", hang=40) for rule in load())
    return 0


def _columns(rule: Rule) -> str:
    return f"{rule.severity.value:<9} {rule.link.value:<9} {rule.fix_safety.value:<11}"
