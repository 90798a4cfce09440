"""Crontabs (crontab(5)): the lines that run something, with their user and the variables set above them."""

from collections.abc import Iterator
from dataclasses import dataclass

LINES = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that runs a command: ``command`` starts at ``start`` in ``line``, ``user`` at ``user_start`` (or -1)."""

    number: int
    line: str
    user: str
    user_start: int
    command: str
    start: int
    variables: tuple[tuple[str, str], ...]


def entries(text: str, owner: str) -> Iterator[Entry]:
    """The entries of a crontab.

    Args:
        text: the whole file.
        owner: whose crontab it is; empty for a system crontab, whose lines name the user.
    """
    variables: dict[str, str] = {}
    for number, line in enumerate(text.split("\n")[:LINES], 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if _is_variable(stripped):
            name, _, value = stripped.partition("=")
            variables[name.strip().strip("'\"")] = _unquoted(value.strip())
            continue
        entry = _entry(number, line, owner, tuple(variables.items()))
        if entry:
            yield entry


def is_read_by_cron(name: str, *, debian: bool) -> bool:
    """Whether cron reads a file of this name in /etc/cron.d and its like (cron(8), run-parts(8))."""
    if debian:
        return bool(name) and all(char.isascii() and (char.isalnum() or char in "_-") for char in name)
    ignored = ("~", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ".cfsaved", ",v")
    return bool(name) and not name.startswith(".") and not name.endswith(ignored)


def _is_variable(line: str) -> bool:
    """``NAME = value``: one word before the sign, which no time field is."""
    name, mark, _ = line.partition("=")
    name = name.strip().strip("'\"")
    return bool(mark) and name.replace("_", "a").isalnum() and not name[0].isdigit()


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def _entry(number: int, line: str, owner: str, variables: tuple[tuple[str, str], ...]) -> Entry | None:
    at = _past(line, 0, 1 if line.lstrip().startswith("@") else 5)
    user, user_start = owner, -1
    if not owner:
        user_start = at
        end = _word_end(line, at)
        user = line[at:end]
        at = _skip(line, end)
    command = _until_percent(line[at:].rstrip())
    return Entry(number, line, user, user_start, command, at, variables) if user and command else None


def _past(line: str, at: int, fields: int) -> int:
    for _ in range(fields):
        at = _word_end(line, _skip(line, at))
    return _skip(line, at)


def _skip(line: str, at: int) -> int:
    while at < len(line) and line[at] in " \t":
        at += 1
    return at


def _word_end(line: str, at: int) -> int:
    while at < len(line) and line[at] not in " \t":
        at += 1
    return at


def _until_percent(command: str) -> str:
    r"""A ``%`` ends the command, what follows is its input; ``\%`` is one of the command's own."""
    at = 0
    while at < len(command):
        if command[at] == "\\" and command[at + 1 : at + 2] == "%":
            at += 2
        elif command[at] == "%":
            return command[:at]
        else:
            at += 1
    return command
