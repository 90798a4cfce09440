"""Man pages from the commands' own docstrings and parsers, in the macros of man(7).

argparse-manpage cannot take these parsers: help is made from docstrings when it is shown, and each command has a page.
"""

import argparse
import re
from collections.abc import Iterator

from liveproof import __version__
from liveproof.install.command import Command
from liveproof.install.file import File

_WHERE = "/usr/local/share/man/man8"
_FILES = (
    ("/etc/liveproof/liveproof.toml", "the configuration; every key is in it as a comment"),
    ("/var/lib/liveproof", "runs, history and what is remembered; root only. LIVEPROOF_STATE names another directory"),
)


def manual(root: Command) -> tuple[File, ...]:
    """A page for liveproof and for each of its commands."""
    return tuple(
        File(f"{_WHERE}/{page_name(each)}.8", page(each, root).encode(), f"man {page_name(each)}")
        for each in _all(root)
    )


def page_name(command: Command) -> str:
    """``liveproof config show`` as man(1) is asked for it."""
    return command.name.replace(" ", "-")


def page(command: Command, root: Command) -> str:
    """One page."""
    return "".join(f"{line}\n" for line in _page(command, root))


def _all(command: Command) -> Iterator[Command]:
    yield command
    for each in command.commands:
        yield from _all(each)


def _page(command: Command, root: Command) -> Iterator[str]:
    name = page_name(command)
    yield f'.TH {escaped(name.upper())} 8 "" "liveproof {escaped(__version__)}" "liveproof"'
    yield from (".SH NAME", f"{escaped(name)} \\- {escaped(_lowered(command.summary))}")
    yield ".SH SYNOPSIS"
    yield from _synopsis(command)
    prose, below = _parts(command.docstring)
    yield ".SH DESCRIPTION"
    for number, part in enumerate(prose):
        yield from ([".PP"] if number else []) + [escaped(" ".join(part.split()))]
    if command.commands:
        yield ".SH COMMANDS"
        for each in command.commands:
            yield from (".TP", f".B {escaped(each.word)}", escaped(each.summary))
    yield from _arguments(command.parser)
    for heading, lines in below:
        yield f".SH {escaped(heading.upper())}"
        yield from (".nf", *map(escaped, lines), ".fi")
    if command is root:
        yield ".SH FILES"
        for path, meaning in _FILES:
            yield from (".TP", f".I {escaped(path)}", escaped(meaning))
    yield ".SH SEE ALSO"
    others = [each for each in _all(root) if each is not command and _near(command, each)]
    for number, each in enumerate(others, 1):
        yield f".BR {escaped(page_name(each))} (8){',' if number < len(others) else ''}"


def _near(command: Command, other: Command) -> bool:
    """Whether one is in the other's group."""
    return command.name.rpartition(" ")[0] == other.name or other in command.commands


def _lowered(sentence: str) -> str:
    sentence = sentence.rstrip(".")
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _parts(docstring: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The prose of a docstring, and what stands under ``Examples:`` and ``Exit status:`` as it is written."""
    prose, below = [], []
    for part in docstring.strip().split("\n\n"):
        heading, _, rest = part.partition("\n")
        if heading in ("Examples:", "Exit status:"):
            below.append((heading.rstrip(":"), rest.split("\n")))
        else:
            prose.append(part)
    return prose[1:] or prose, below


def _synopsis(command: Command) -> Iterator[str]:
    if command.commands:
        yield f".B {escaped(command.name)}"
        yield "[OPTIONS] COMMAND ..."
        return
    usage = " ".join(command.parser.format_usage().partition(":")[2].split())
    words = usage.removeprefix(command.name).strip()
    yield f".B {escaped(command.name)}"
    if words:
        yield escaped(words)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for group in parser._action_groups:  # noqa: SLF001  (argparse has no other way to the arguments)
        actions = [action for action in group._group_actions if action.help != argparse.SUPPRESS]  # noqa: SLF001
        if not actions or all(isinstance(action, argparse._SubParsersAction) for action in actions):  # noqa: SLF001
            continue
        yield f".SH {escaped((group.title or 'options').upper())}"
        for action in actions:
            yield from (".TP", _named(action), escaped(_help(action, parser)))


def _named(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return f".I {escaped(value)}"
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in action.option_strings)
    if action.nargs == 0:
        return names
    shown = f"\\fI{escaped(value)}\\fR"
    return f"{names} [{shown}]" if action.nargs == "?" else f"{names} {shown}"


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _help(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    values = {**vars(action), "prog": parser.prog}
    return (action.help or "") % values


def escaped(text: str) -> str:
    """Text as roff takes it: nothing in it is a request or an escape, and options can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    text = re.sub(r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", text)
    return f"\\&{text}" if text.startswith(".") else text
