"""The command line as argparse reads it.

A command's help is its module's docstring: the first line is its summary in the list of commands, the text below it is
the description, and what stands from ``Examples:`` or ``Exit status:`` on is shown below the options as it is written.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from liveproof import __version__
from liveproof.cli.errors import HelpText, UsageError
from liveproof.cli.exit_status import USAGE
from liveproof.cli.registry import PROGRAM, Called, commands

_WIDEST = 100
_VERBATIM = ("Examples:", "Exit status:")


class Parser(argparse.ArgumentParser):
    """A parser that shows nothing and ends nothing itself: help and errors are exceptions.

    Attributes:
        intermixed: options may stand between the words of a positional argument of several words.
    """

    intermixed = False

    def __init__(self, name: str, docstring: str, usage: str | None = None) -> None:
        super().__init__(prog=name, usage=usage, allow_abbrev=False, formatter_class=_Formatter)
        self._positionals.title, self._optionals.title = "Arguments", "Options"
        self._docstring = docstring

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """The arguments in these words.

        Raises:
            UsageError: they are wrong.
            HelpText: they ask for help.
        """
        # parse_known_intermixed_args of Python 3.11 loses a `--`, and costs what a plain check need not pay.
        intermixed = self.intermixed and "--" not in words
        parse = self.parse_known_intermixed_args if intermixed else self.parse_known_args
        arguments, unknown = parse(words)
        if unknown:
            option = next((word.partition("=")[0] for word in unknown if word.startswith("-")), "")
            self.error(
                f"no such option {option}{did_you_mean(option, self._option_string_actions)}"
                if option
                else f"unexpected argument {unknown[0]}"
            )
        return arguments

    def error(self, message: str) -> NoReturn:
        """What is wrong, and where to read on.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{message}\n`{self.prog} --help` shows how it is used")

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002  (argparse's signature)
        """Let the caller show the help.

        Raises:
            HelpText: always.
        """
        raise HelpText(self.format_help())

    def format_help(self) -> str:
        """The help as text, as wide as the terminal is, but no wider than is read well."""
        self.description, self.epilog = _help(self._docstring)
        return super().format_help()


def command_parser(called: Called) -> Parser:
    """The parser of a command."""
    parser = Parser(called.name, called.module.__doc__ or "")
    called.module.add_arguments(parser)
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colour of the output")
    return parser


def parse_group(called: Called) -> NoReturn:
    """Answer words that call no command: help, the version, or what is wrong with them.

    Raises:
        HelpText, UsageError: always one of them.
    """
    found = commands(called.module)
    width = max(map(len, found)) + 2
    listed = "\n".join(f"  {name:<{width}}{_summary(module.__doc__ or '')}" for name, module in found.items())
    description, _, rest = (called.module.__doc__ or "").partition("\n\nExamples:")
    text = f"{description}\n\nCommands:\n{listed}" + (f"\n\nExamples:{rest}" if rest else "")
    parser = Parser(called.name, text, usage=f"{called.name} [OPTIONS] COMMAND ...")
    if called.name == PROGRAM:
        parser.add_argument("-V", "--version", action="store_true", help="show the version and exit")
    if not called.words:
        raise HelpText(parser.format_help(), USAGE)
    word = called.words[0]
    if not word.startswith("-"):
        parser.error(f"no such command {word}{did_you_mean(word, found)}")
    if parser.parse_words([word]).version:
        raise HelpText(f"{PROGRAM} {__version__}\n")
    parser.error("which command?")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of what is known as the end of a sentence; empty where nothing resembles it."""
    import difflib  # noqa: PLC0415  (1 ms, and only for a slip of the pen)

    near = difflib.get_close_matches(word, list(known), 3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Headings as liveproof writes them; the description is filled already, what stands below is shown as it is."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=_width())

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """Add the usage line."""
        super().add_usage(usage, actions, groups, prefix or "Usage: ")


def _width() -> int:
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size().columns
    except (OSError, ValueError):
        columns = 80
    return max(min(columns, _WIDEST), 40)


def _summary(docstring: str) -> str:
    return docstring.strip().partition("\n")[0]


def _help(docstring: str) -> tuple[str, str]:
    """A docstring as the description above the options, its paragraphs filled, and what stands below them."""
    import textwrap  # noqa: PLC0415  (1 ms, and only help is wrapped)

    parts = docstring.strip().split("\n\n")
    prose = [part for part in parts if not part.startswith((*_VERBATIM, "Commands:"))]
    described = prose[1:] or prose
    return "\n\n".join(textwrap.fill(part, _width()) for part in described), "\n\n".join(
        part for part in parts if part not in prose
    )
