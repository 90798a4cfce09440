"""The two dialects of INI that say what runs: unit files (systemd.syntax(7)) and supervisor's configuration."""

from collections.abc import Iterator
from dataclasses import dataclass

LINES = 5000


@dataclass(frozen=True, slots=True)
class Assignment:
    """``key = value`` in a section; ``number`` is the line it begins in."""

    section: str
    key: str
    value: str
    number: int


def unit(text: str) -> Iterator[Assignment]:
    """The assignments of a unit file: comments are whole lines, a backslash continues a line."""
    section = ""
    lines = enumerate(text.split("\n")[:LINES], 1)
    for number, line in lines:
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1]
            continue
        while stripped.endswith("\\"):
            _, more = next(lines, (0, ""))
            if more.lstrip()[:1] in ("#", ";"):
                continue
            stripped = f"{stripped[:-1].rstrip()} {more.strip()}"
        key, mark, value = stripped.partition("=")
        if mark:
            yield Assignment(section, key.strip(), value.strip(), number)


def supervisor(text: str) -> Iterator[Assignment]:
    """The assignments of supervisor's configuration: `` ;`` begins a comment, an indented line goes on."""
    section = ""
    pending: Assignment | None = None
    for number, line in enumerate(text.split("\n")[:LINES], 1):
        body = line.partition(" ;")[0].rstrip()
        if not body.strip() or body.lstrip()[0] in "#;":
            continue
        if body[0] in " \t" and pending:
            pending = Assignment(pending.section, pending.key, f"{pending.value} {body.strip()}", pending.number)
            continue
        if pending:
            yield pending
            pending = None
        if body.startswith("[") and "]" in body:
            section = body[1 : body.index("]")]
            continue
        key, mark, value = body.partition("=")
        if mark:
            pending = Assignment(section, key.strip().lower(), value.strip(), number)
    if pending:
        yield pending
