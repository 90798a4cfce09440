"""Explain a rule or a symptom, on this very host.

Explain a rule (by code or name) or a symptom, with this host's own paths, and say what is found here.

Examples:
  liveproof explain FIL003
  liveproof explain "code changes still not taking effect"
  liveproof explain "permission denied"
  liveproof explain "socket connection refused"
"""

import argparse

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.options import Options, add_config_argument
from liveproof.cli.parser import Parser
from liveproof.cli.session import examine_host, prepare, rule_pages
from liveproof.report.content.symptoms import SYMPTOMS, symptom_of
from liveproof.report.explain import near, page_lines, page_of, symptom_lines

HELP_ORDER = 5


def add_arguments(parser: Parser) -> None:
    """The arguments of ``explain``."""
    parser.intermixed = True
    parser.add_argument("what", metavar="WHAT", nargs="+", help="a rule's code or name, or a symptom in any words")
    parser.add_argument("--app", metavar="PATH", dest="path", default="", help="the app, when the host has several")
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """A rule or a symptom, on this very host.

    Raises:
        UsageError: nothing is known of it.
    """
    what = " ".join(arguments.what)
    pages = rule_pages()
    page = page_of(what, pages)
    symptom = None if page else symptom_of(what)
    if page is None and symptom is None:
        resembling = ", ".join(near(what, pages))
        symptoms = ", ".join(f'"{symptom.title}"' for symptom in SYMPTOMS)
        raise UsageError(
            f"nothing is known of {what!r}{f'; did you mean {resembling}?' if resembling else ''}\n"
            f"explain a code (`liveproof rules` lists them) or a symptom: {symptoms}"
        )
    settings, cache = prepare(Options.from_arguments(arguments))
    examination = examine_host(settings, cache, console)
    if page:
        console.lines(page_lines(page, examination))
    elif symptom:
        console.lines(symptom_lines(symptom, examination, pages))
    return 0
