"""Rows of the screen: what one line says, and what it is about. Pure; a row never holds more than a line."""

import time
from collections.abc import Iterable

from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import hide
from liveproof.model.verdicts import LinkVerdict, Severity
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import Line, Span, line

_BARS = "▁▂▃▄▅▆▇█"
VERDICTS = {
    LinkVerdict.PROVEN: ("proven", "good"),
    LinkVerdict.BROKEN: ("BROKEN", "bad"),
    LinkVerdict.UNPROVEN: ("unproven", "unsure"),
    LinkVerdict.NOT_ASKED: ("not asked", "dim"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``key`` stays the same while it is about the same; ``code`` is a rule's, ``app`` a path, or empty.

    ``heading``: the first line of a section, which no filter takes away.
    """

    line: Line
    key: str
    code: str = ""
    app: str = ""
    heading: bool = False


def heading(name: str, *more: str | Span) -> Row:
    """The first line of a section."""
    return Row(line((name, "head"), *more), f"section {name}", heading=True)


def row(key: str, *spans: str | Span, code: str = "", app: str = "") -> Row:
    """A line of a section."""
    return Row(line(*spans, indent=1), key, code, app)


def filtered(rows: Iterable[Row], needle: str) -> list[Row]:
    """The rows that hold the text, in any case; headings stay."""
    wanted = needle.casefold()
    return [each for each in rows if each.heading or not wanted or wanted in each.line.text.casefold()]


def safe(text: str) -> str:
    """A text of the host as it may be shown, on one line."""
    return visible(hide(text))


def cut(text: str, width: int) -> str:
    """The text in so many columns, its end left out where it is longer."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"


def tail(text: str, width: int) -> str:
    """The same with the beginning left out: the end of a path says more."""
    return text if len(text) <= width else f"…{text[len(text) - max(0, width - 1) :]}"


def severity(value: Severity | None) -> Span:
    """A severity with its style."""
    style = {Severity.CRITICAL: "bad", Severity.HIGH: "bad"}.get(value, "unsure") if value else "unsure"
    return f"{value.value.upper() if value else '':<9}", style


def ago(seconds: float) -> str:
    """How long ago, in a unit that changes seldom: each change is sent over the network."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= (2 * size if unit != "min" else size):
            return f"{seconds / size:.0f} {unit}"
    return "less than 1 min"


def moment(at: float, now: float) -> str:
    """A moment: the time of day today, else with its date."""
    today = time.localtime(at)[:3] == time.localtime(now)[:3]
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M", time.localtime(at))


def percent(share: float) -> str:
    """A share; 100 % only where nothing is missing."""
    return f"{min(share * 100, 99.9) if share < 1 else 100:.1f} %"


def sparkline(shares: Iterable[float], width: int) -> str:
    """Shares from 0 to 1 as bars, the latest last; the scale is always the whole."""
    points = list(shares)[-width:] if width > 0 else []
    return "".join(_BARS[min(len(_BARS) - 1, max(0, int(share * len(_BARS))))] for share in points)
