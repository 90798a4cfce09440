"""What a rule judges, over time, as a chart of characters (plotille: pure Python, no dependencies of its own)."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence

from liveproof.model.alerts import covers
from liveproof.model.dataclass import dataclass
from liveproof.model.history import MeasureName, RunSummary
from liveproof.report.style.escaping import shown
from liveproof.report.style.lines import BLANK, Line, line

_WIDTH, _HEIGHT = 62, 10
_MOST = 5  # curves in one chart
_MARKS = "ox*#@"
TITLES: dict[MeasureName, str] = {
    "hit_ratio": "OPcache hit ratio, percent",
    "memory": "OPcache memory in use or wasted, percent",
    "busy": "workers that held a connection, percent of pm.max_children",
    "workers": "workers of the pool",
}
_PLAIN = {0x2800: " ", ord("("): " ", ord(")"): " "}
_PERCENT = ("hit_ratio", "memory", "busy")


@dataclass(frozen=True, slots=True)
class Series:
    """Moments (epoch seconds) and values of one thing."""

    name: str
    at: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The time that a chart shows, in epoch seconds."""

    since: float
    until: float


def measure_lines(runs: Collection[RunSummary], name: MeasureName, limit: float | None, frame: Frame) -> Iterator[Line]:
    """A measure of each pool, with the ``limit`` that the configuration sets, where it does."""
    found: dict[str, list[tuple[float, float]]] = {}
    for run in runs:
        for measure, pool, value in run.values:
            if measure == name:
                found.setdefault(pool, []).append((run.started, value))
    series = [Series(pool, *zip(*points, strict=True)) for pool, points in sorted(found.items())]
    yield line((TITLES[name], "head"))
    yield from _chart(series, limit, frame, (0.0, 100.0) if name in _PERCENT else None)


def findings_lines(runs: Iterable[RunSummary], codes: Sequence[str], app: str, frame: Frame) -> Iterator[Line]:
    """How many findings of these codes each run had, of those that could see them."""
    points: dict[str, list[tuple[float, float]]] = {}
    for run in runs:
        for seen in run.apps:
            count = sum(any(covers(code, finding.code) for code in codes) for finding in seen.findings)
            asked = not seen.asked or any(
                covers(code, one) or covers(one, code) for code in codes for one in seen.asked
            )
            if app in ("", seen.path) and asked and (count or not _blind(seen.unseen, codes)):
                points.setdefault(seen.path, []).append((run.started, float(count)))
    yield line((f"findings of {', '.join(codes)} in each run", "head"))
    series = [Series(path, *zip(*found, strict=True)) for path, found in sorted(points.items())]
    yield from _chart(series, None, frame, None)


def _blind(unseen: Collection[str], codes: Sequence[str]) -> bool:
    return any(covers(code, one) for code in codes for one in unseen)


def _chart(
    series: Sequence[Series], limit: float | None, frame: Frame, bounds: tuple[float, float] | None
) -> Iterator[Line]:
    if not series:
        yield line("No run of that time has seen it.")
        return
    drawn = series[:_MOST]
    yield from (line(text.rstrip()) for text in _drawn(drawn, limit, frame, bounds).split("\n"))
    for mark, one in zip(_MARKS, drawn, strict=False):
        name = shown(one.name)
        last, low, high = (_number(value) for value in (one.values[-1], min(one.values), max(one.values)))
        yield line(
            f"{mark} {name}: last {last}, lowest {low}, highest {high}, {len(one.values)} runs", indent=2, hang=2
        )
    if limit is not None:
        yield line(f"- the configuration asks for at least {_number(limit)}", indent=2, hang=2)
    if len(series) > _MOST:
        yield line(f"and {len(series) - _MOST} more, not drawn; --format jsonl has all", indent=2, hang=2)
    yield BLANK


def _drawn(series: Sequence[Series], limit: float | None, frame: Frame, bounds: tuple[float, float] | None) -> str:
    from plotille import Figure  # noqa: PLC0415  (80 ms, and only to draw)

    figure = Figure()
    low, high = bounds or (0.0, max(4.0, *(max(one.values) for one in series)))
    # What is counted has whole numbers at its axis.
    height = int(high) if not bounds and high <= 2 * _HEIGHT else _HEIGHT
    figure.width, figure.height, figure.with_colors, figure.origin = _WIDTH, height, False, False
    figure.x_label, figure.y_label = "", ""
    figure.set_x_limits(frame.since, max(frame.until, frame.since + 1))
    figure.set_y_limits(low, high)
    figure.x_ticks_fkt = _tick_of(frame)
    figure.y_ticks_fkt = lambda value, _: f"{_number(value):>8}"
    if limit is not None and low <= limit <= high:
        figure.plot((frame.since, frame.until), (limit, limit), marker="-")
    for mark, one in zip(_MARKS, series, strict=False):
        # Points, in ASCII: a curve would claim what nobody saw between two runs.
        figure.scatter(one.at, one.values, marker=mark)
    # The names of the axes, which have none; and Braille's dots, of which only the limit's line is made.
    return "".join("-" if "\u2800" < char <= "\u28ff" else char for char in figure.show()).translate(_PLAIN)


def _tick_of(frame: Frame) -> object:
    form = (
        "%H:%M"
        if frame.until - frame.since <= 2 * 86400
        else "%m-%d %Hh"
        if frame.until - frame.since <= 14 * 86400
        else "%m-%d"
    )

    def tick(at: float, _: float) -> str:
        return time.strftime(form, time.localtime(at))

    return tick


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
