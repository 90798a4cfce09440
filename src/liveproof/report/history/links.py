"""The verdict of each link over time, a letter for a span of time: readable without colour, in a pipe, on a console."""

import time
from collections.abc import Iterable, Iterator

from liveproof.model.history import RunSummary
from liveproof.model.verdicts import Link, LinkVerdict
from liveproof.report.style.escaping import shown
from liveproof.report.style.lines import BLANK, Line, Span, line

_WIDTH, _NAME = 64, 10
_LETTERS = {
    LinkVerdict.BROKEN.value: ("X", "bad"),
    LinkVerdict.UNPROVEN.value: ("?", "unsure"),
    LinkVerdict.PROVEN.value: ("+", "good"),
    LinkVerdict.NOT_ASKED.value: (".", "dim"),
}
_WORST = tuple(_LETTERS)


def timeline_lines(runs: Iterable[RunSummary], since: float, until: float, app: str = "") -> Iterator[Line]:
    """For each app and link the worst verdict of the whole runs in each span of time; blank where there was none."""
    cells: dict[str, dict[str, list[str]]] = {}
    for run in runs:
        if run.part or not since <= run.started <= until:
            continue
        place = min(_WIDTH - 1, int((run.started - since) / max(until - since, 1.0) * _WIDTH))
        for seen in run.apps:
            if app in ("", seen.path):
                links = cells.setdefault(seen.path, {})
                for name, verdict in seen.links:
                    row = links.setdefault(name, [""] * _WIDTH)
                    row[place] = min(filter(None, (row[place], verdict)), key=_WORST.index)
    if not cells:
        yield line("No whole run of an app is kept of that time; `liveproof check` makes one.")
        return
    for path, links in cells.items():
        yield line((shown(path), "head"))
        for link in Link:
            if link.value in links:
                yield line((f"{link.value:<{_NAME}}", "dim"), *_spans(links[link.value]), indent=2)
        yield from _axis(since, until)
        yield BLANK
    yield line(f"+ proven  X broken  ? unproven  . not asked  blank: no run  ({_span(since, until)} each)")


def _spans(row: list[str]) -> Iterator[Span]:
    for verdict in row:
        yield _LETTERS.get(verdict, (" ", ""))


def _axis(since: float, until: float) -> Iterator[Line]:
    first, last = (time.strftime("%m-%d %H:%M", time.localtime(at)) for at in (since, until))
    room = _WIDTH - len(first) - len(last)
    yield line(" " * _NAME, ("|" + "-" * (_WIDTH - 2) + "|", "dim"), indent=2)
    yield line(" " * _NAME, (f"{first}{' ' * room}{last}", "dim"), indent=2)


def _span(since: float, until: float) -> str:
    seconds = (until - since) / _WIDTH
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
