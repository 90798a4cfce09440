"""All commands with their parsers: for completions and man pages. Everything is imported, which takes a while."""

import argparse
from types import ModuleType

from liveproof.cli import registry
from liveproof.cli.parser import command_parser
from liveproof.cli.registry import PROGRAM, Called, commands, is_group
from liveproof.install.command import Command


def command_tree() -> Command:
    """Liveproof itself, with every command below it; parsers of its own, to be changed at will."""
    return _command(registry.find(()).module, PROGRAM)


def _command(module: ModuleType, name: str) -> Command:
    docstring = module.__doc__ or ""
    if not is_group(module):
        return Command(name, docstring, command_parser(Called(module, name, ())))
    parser = argparse.ArgumentParser(prog=name)
    if name == PROGRAM:
        parser.add_argument("-V", "--version", action="store_true", help="show the version and exit")
    below = tuple(_command(each, f"{name} {word}") for word, each in commands(module).items())
    return Command(name, docstring, parser, below)
