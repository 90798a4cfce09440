"""A text over the screen: the help, a rule's page, a plan."""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

_CLOSE = "esc or q closes this   arrows, PgUp and PgDn scroll"


_WRAPPED = 90  # characters from which a line of prose was wrapped, and goes on in the next one


def reflowed(lines: Iterable[str]) -> str:
    """The lines, with those of a paragraph joined: the screen has its own width."""
    found: list[str] = []
    length = 0
    for line in lines:
        if found and length >= _WRAPPED and line[:1].isalnum() and found[-1][:1].isalnum():
            found[-1] += f" {line}"
        else:
            found.append(line)
        length = len(line)
    return "\n".join(found)


class Page(ModalScreen[None]):
    """A title, a text that is scrolled, and how to close it."""

    CSS = """
    Page { background: ansi_default; }
    Page > VerticalScroll { height: 1fr; scrollbar-size: 0 0; background: ansi_default; }
    Page Static { height: auto; background: ansi_default; color: ansi_default; }
    Page > .bar { height: 1; text-style: reverse; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark,h", "dismiss", "close"),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Static(Text(self._title), classes="bar")
        with VerticalScroll():
            yield Static(Text(self._text), id="text")
        yield Static(Text(_CLOSE), classes="bar")

    def say(self, text: str) -> None:
        """Show another text, once what was waited for is there."""
        self._text = text
        if self.is_mounted:
            self.query_one("#text", Static).update(Text(text))

    @property
    def text(self) -> str:
        """The text that is shown."""
        return self._text

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
