"""Completions for bash, zsh and fish, as files that a shell reads: no Python is started at TAB."""

import argparse
from collections.abc import Sequence

import shtab

from liveproof.install.command import Command
from liveproof.install.file import File

_PATHS = {
    "bash": "/usr/local/share/bash-completion/completions/liveproof",
    "zsh": "/usr/local/share/zsh/site-functions/_liveproof",
    "fish": "/etc/fish/completions/liveproof.fish",  # found whatever XDG_DATA_DIRS says
}
_FILES, _DIRECTORIES, _CODES = ("FILE", "PLAN"), ("PATH", "DIRECTORY"), ("CODE", "CODE|FAMILY", "WHAT")


def completions(root: Command, codes: Sequence[str]) -> tuple[File, ...]:
    """A file for each shell; ``codes`` are offered where a rule is asked for.

    What completions need is added to the parsers in ``root``.
    """
    parser = _joined(root, codes)
    return tuple(
        File(path, shtab.complete(parser, shell).encode(), f"completions of {shell}") for shell, path in _PATHS.items()
    )


def _joined(command: Command, codes: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a group with those of its commands below it, as argparse would have made them."""
    for action in command.parser._actions:  # noqa: SLF001  (argparse has no other way to the arguments)
        names = action.metavar if isinstance(action.metavar, str) else ""
        if names in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif names in _DIRECTORIES:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif names in _CODES:
            action.choices = codes
    if command.commands:
        below = command.parser.add_subparsers(metavar="COMMAND")
        for each in command.commands:
            below._parser_class = _Made(_joined(each, codes))  # type: ignore[assignment]  # noqa: SLF001
            below.add_parser(each.word, help=each.summary)
    return command.parser


class _Made:
    """Stands where argparse makes a parser, and hands it one that is made already."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser

    def __call__(self, **_: object) -> argparse.ArgumentParser:
        return self._parser
