"""A pane of rows with a cursor. Only rows that changed are drawn: over a slow line every byte counts."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from liveproof.report.style.lines import Line
from liveproof.tui.rows import Row

_PLAIN = Style.null()  # never no style at all: the filter for NO_COLOR needs one
_STYLES = {
    "": _PLAIN,
    "good": Style(color="green"),
    "bad": Style(color="red", bold=True),
    "unsure": Style(color="yellow"),
    "head": Style(bold=True),
    "dim": Style(dim=True),
    "command": Style(color="cyan"),
}
_CURSOR = Style(reverse=True)


class Panel(ScrollView, can_focus=True):
    """Shows rows, and where the cursor is."""

    DEFAULT_CSS = """
    Panel { width: 1fr; height: 1fr; overflow-x: hidden; scrollbar-size: 0 0; background: ansi_default; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home,g", "move(-1000000)", show=False),
        Binding("end,G", "move(1000000)", show=False),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._cursor = 0
        self.auto_refresh = None

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def rows(self) -> Sequence[Row]:
        """All rows."""
        return self._rows

    def show(self, rows: list[Row]) -> None:
        """Show these rows; the cursor stays on what it was on."""
        before, at = self._rows, self.row
        cursor = self._cursor
        self._rows = rows
        if at is not None and not (cursor < len(rows) and rows[cursor].key == at.key):
            cursor = next((n for n, each in enumerate(rows) if each.key == at.key), cursor)
        self._cursor = max(0, min(cursor, len(rows) - 1))
        if len(rows) != len(before):
            self.virtual_size = Size(self.size.width, len(rows))
        moved = self._cursor if at is not None and self._cursor != self._rows_at(before, at) else -1
        for number in range(max(len(rows), len(before))):
            same = number < len(rows) and number < len(before) and rows[number].line == before[number].line
            if not same or moved in (number, self._cursor):
                self.refresh_line(number)
        if self._cursor != cursor or moved >= 0:
            self._follow()

    @staticmethod
    def _rows_at(rows: Sequence[Row], at: Row) -> int:
        return next((number for number, each in enumerate(rows) if each is at), -1)

    def render_line(self, y: int) -> Strip:
        """One line of the pane, as the framework asks for it."""
        number = y + self.scroll_offset.y
        width = self.size.width
        if number >= len(self._rows):
            return Strip.blank(width, _PLAIN)
        strip = _strip(self._rows[number].line).adjust_cell_length(width, _PLAIN)
        return strip.apply_style(_CURSOR) if number == self._cursor and self.has_focus else strip

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.move_to(self._cursor + by)

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.move_to(self._cursor + pages * max(1, self.size.height - 1))

    def next_section(self) -> bool:
        """Move the cursor to the next heading; whether there is one."""
        for number in range(self._cursor + 1, len(self._rows)):
            if self._rows[number].heading:
                self.move_to(number)
                return True
        return False

    def move_to(self, number: int) -> None:
        """Put the cursor on a row, the first or last one where there is no such row."""
        before, self._cursor = self._cursor, max(0, min(number, len(self._rows) - 1))
        self.refresh_line(before)
        self.refresh_line(self._cursor)
        self._follow()

    def on_focus(self) -> None:
        """The cursor is seen where the keys go."""
        self.refresh_line(self._cursor)

    def on_blur(self) -> None:
        """And nowhere else."""
        self.refresh_line(self._cursor)

    def _follow(self) -> None:
        """Scroll so that the cursor is seen."""
        top, height = self.scroll_offset.y, self.size.height
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif height and self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)


def _strip(shown: Line) -> Strip:
    segments = [Segment(" " * shown.indent, _PLAIN)] if shown.indent else []
    return Strip([*segments, *(Segment(text, _STYLES.get(style, _PLAIN)) for text, style in shown.spans if text)])
