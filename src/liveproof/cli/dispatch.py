"""From the words of a command line to the command that they call, and to its exit status."""

from collections.abc import Sequence

from liveproof.cli.console import Console
from liveproof.cli.errors import HelpText, UsageError
from liveproof.cli.exit_status import USAGE
from liveproof.cli.parser import command_parser, parse_group
from liveproof.cli.registry import find, is_group


def run_command(words: Sequence[str]) -> int:
    """Run the command that the words call; its exit status. A usage error is reported on standard error, status 2."""
    console = Console()
    try:
        return _run(words, console)
    except UsageError as error:
        console.message(str(error))
        return USAGE


def _run(words: Sequence[str], console: Console) -> int:
    called = find(words)
    try:
        if is_group(called.module):
            parse_group(called)
        arguments = command_parser(called).parse_words(called.words)
    except HelpText as shown:
        show = console.error_text if shown.status else console.text
        show(shown.text)
        return shown.status
    console.color = arguments.color
    status: int = called.module.run(arguments, console)
    return status
