"""The page of all commands, from their parsers and docstrings.

The parsers' own help is not taken: argparse writes it differently in each version of Python.
"""

import argparse
from collections.abc import Iterator

from liveproof.cli.command_tree import command_tree
from liveproof.install.command import Command

_HEAD = """# Commands

Made from the commands' own help by `make docs`. `liveproof COMMAND --help` shows the same in a terminal, and
`man liveproof-COMMAND` where `liveproof install` or the Debian package put the man pages.
"""
_VERBATIM = ("Examples:", "Exit status:")
EVERYWHERE = ("--help", "--color")  # what every command takes is described once, at the top


def page() -> str:
    """The page."""
    root = command_tree()
    return "\n".join(
        (_HEAD, *_list(root), *_common(root), *(line for each in root.commands for line in _section(each)))
    )


def every_command(command: Command) -> Iterator[Command]:
    """A command and all below it."""
    yield command
    for each in command.commands:
        yield from every_command(each)


def verbatim(command: Command, heading: str) -> list[str]:
    """The lines under ``Examples:`` or ``Exit status:`` of its help, as they are written; none where it has no such."""
    for part in command.docstring.strip().split("\n\n"):
        first, _, rest = part.partition("\n")
        if first == heading:
            return [line.removeprefix("  ") for line in rest.splitlines()]
    return []


def _list(root: Command) -> Iterator[str]:
    yield from ("| command | what it does |", "|---|---|")
    for each in every_command(root):
        if each is not root and not each.commands:
            yield f"| [{each.name.removeprefix('liveproof ')}](#{_anchor(each)}) | {_cell(each.summary)} |"
    yield ""


def _common(root: Command) -> Iterator[str]:
    yield from ("## Options of every command", "")
    for action in _actions(root.commands[0].parser):
        if set(action.option_strings) & set(EVERYWHERE):
            yield _item(action, root.commands[0].parser)
    yield from ("", "`liveproof --version` shows the version.", "")


def _section(command: Command) -> Iterator[str]:
    depth = "#" * (command.name.count(" ") + 1)
    yield from (f"{depth} {command.name}", "")
    prose = [part for part in command.docstring.strip().split("\n\n") if not part.startswith(_VERBATIM)]
    for part in prose:
        yield from (" ".join(part.split()), "")
    if command.commands:
        for each in command.commands:
            yield from _section(each)
        return
    yield from ("```text", _usage(command), "```", "")
    actions = [each for each in _actions(command.parser) if not set(each.option_strings) & set(EVERYWHERE)]
    for action in sorted(actions, key=lambda action: bool(action.option_strings)):
        yield _item(action, command.parser)
    if actions:
        yield ""
    for heading in _VERBATIM:
        if lines := verbatim(command, heading):
            language = "sh" if heading == "Examples:" else "text"
            yield from (heading, "", f"```{language}", *lines, "```", "")


def _usage(command: Command) -> str:
    """The command with its positional arguments; options are listed below it."""
    words = [command.name, "[OPTIONS]"]
    for action in _actions(command.parser):
        if not action.option_strings:
            value = _value(action)
            words.append({"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} ..."}.get(str(action.nargs), value))
        elif action.required:
            words.insert(1, f"{action.option_strings[-1]} {_value(action)}")
    return " ".join(words)


def _item(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    return f"- {_named(action)}: {_help(action, parser)}"


def _named(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_value(action)}`"
    names = ", ".join(f"`{name}`" for name in action.option_strings[:-1])
    last = action.option_strings[-1]
    if action.nargs != 0:
        last += f" [{_value(action)}]" if action.nargs == "?" else f" {_value(action)}"
    return f"{names}, `{last}`" if names else f"`{last}`"


def _help(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    text = " ".join(((action.help or "") % {**vars(action), "prog": parser.prog}).split())
    return text.replace("<", "\\<").replace("*", "\\*").replace("[", "\\[") if "`" not in text else text


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.choices:
        return "|".join(map(str, action.choices))
    return action.dest.upper()


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    known = parser._actions  # noqa: SLF001  (argparse has no other way to the arguments)
    return [action for action in known if action.help != argparse.SUPPRESS]


def _anchor(command: Command) -> str:
    return command.name.replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
