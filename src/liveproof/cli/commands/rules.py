"""List every fault that liveproof knows.

Examples:
  liveproof rules
  liveproof rules OPC FIL003
"""

import argparse
import json

from liveproof.cli.console import Console
from liveproof.cli.options import add_text_or_json_argument
from liveproof.cli.selection import rule_names
from liveproof.model.rule import Rule
from liveproof.report.style.lines import line
from liveproof.rules import load

HELP_ORDER = 9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``rules``."""
    parser.add_argument("which", metavar="CODE|FAMILY", nargs="*", help="only these (default: all)")
    add_text_or_json_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """List the rules by code.

    Raises:
        UsageError: there is no such rule or family.
    """
    which = rule_names("rules", arguments.which)
    found = [rule for rule in load() if not which or rule.code in which or rule.code[:3] in which]
    if arguments.format == "json":
        known = [
            {
                "code": rule.code, "rule": rule.name, "title": rule.title, "severity": rule.severity.value,
                "link": rule.link.value, "fix": rule.fix_safety.value, "caused_by": list(rule.caused_by),
            }
            for rule in found
        ]  # fmt: skip
        console.text(json.dumps(known, indent=2) + "\n")
        return 0
    console.lines(line((rule.code, "head"), f"  {_columns(rule)} {rule.title}", hang=40) for rule in found)
    return 0


def _columns(rule: Rule) -> str:
    return f"{rule.severity.value:<9} {rule.link.value:<9} {rule.fix_safety.value:<11}"
