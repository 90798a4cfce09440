"""Lines of styled text: the one form in which a report for people is written, plain or on a terminal.

A style is a plain word (``good``, ``bad``, ``unsure``, ``head``, ``dim``, ``command``) that a terminal turns into
colour and a pipe ignores: the words are the same.
"""

from collections.abc import Iterable

from liveproof.model.dataclass import dataclass

Span = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: (text, style) spans after ``indent`` spaces; what a terminal wraps goes ``hang`` spaces further in."""

    spans: tuple[Span, ...] = ()
    indent: int = 0
    hang: int = 0

    @property
    def text(self) -> str:
        """The line as plain text."""
        return (" " * self.indent + "".join(text for text, _ in self.spans)).rstrip()


BLANK = Line()


def line(*spans: str | Span, indent: int = 0, hang: int = 0) -> Line:
    """A line of texts, each plain or with its style."""
    return Line(tuple((span, "") if isinstance(span, str) else span for span in spans), indent, hang)


def field(name: str, *spans: str | Span, indent: int = 3, width: int = 10) -> Line:
    """A named line: the name dim in a column of its own, what wraps stays in the second column."""
    return line((f"{name:<{width}}", "dim"), *spans, indent=indent, hang=width)


def plain(lines: Iterable[Line]) -> str:
    """The lines as text for a pipe or file: never wrapped, no colour."""
    return "".join(each.text + "\n" for each in lines)
