"""Lines on a terminal: with or without colour, wrapped to its width, columns kept."""

from collections.abc import Iterable
from typing import IO

from rich.console import Console
from rich.text import Text

from liveproof.report.style.lines import Line

_STYLES = {
    "good": "bold green",
    "bad": "bold red",
    "unsure": "bold yellow",
    "head": "bold",
    "dim": "dim",
    "command": "cyan",
}
_NARROWEST = 20


def show(lines: Iterable[Line], file: IO[str], *, color: bool = False, wrap: bool = True) -> None:
    """Write the lines, to a terminal unless ``wrap`` is off. Commands are never broken: what is copied must run."""
    console = Console(
        file=file,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=color or None,
        no_color=not color,
        color_system="standard" if color else "auto",
    )
    for each in lines:
        text = Text()
        for words, style in each.spans:
            text.append(words, _STYLES.get(style, ""))
        text.rstrip()
        margin = each.indent + each.hang
        head, body = text[: each.hang], text[each.hang :]
        whole = not wrap or any(style == "command" for _, style in each.spans)
        parts = [body] if whole else body.wrap(console, max(console.width - margin, _NARROWEST)) or [body]
        for number, part in enumerate(parts):
            part.rstrip()
            before = Text(" " * each.indent) + head if number == 0 else Text(" " * margin)
            console.print(before + part, soft_wrap=True)
