"""Before and after, side by side, for a terminal."""

from collections.abc import Iterator

from liveproof.model.examination import AppExamination, Examination, LinkState
from liveproof.model.verdicts import LinkVerdict
from liveproof.report.content.host_names import changed_files
from liveproof.report.content.rule_pages import Pages
from liveproof.report.content.verdict import word
from liveproof.report.content.verification_table import BAD, OK, Row, rows
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, line

_STYLES = {OK: "good", BAD: "bad"}
_MARKS = {OK: "ok", BAD: "WRONG"}
_WIDTH = 38
_ROOM = 29


def comparison_lines(before: Examination, after: Examination, pages: Pages) -> Iterator[Line]:
    """Every app that was seen both times: links, and the measured rows that changed."""
    then = {app.app.path: app for app in before.apps}
    for app in after.apps:
        if app.app.path in then:
            if len(after.apps) > 1:
                yield line((visible(app.app.path), "head"))
            yield from _app(then[app.app.path], before.started, app, after.started, pages)


def _app(then: AppExamination, then_at: float, now: AppExamination, now_at: float, pages: Pages) -> Iterator[Line]:
    yield line((f"{'':<26}{'before':<{_WIDTH}}after", "dim"), indent=3)
    earlier = {state.link: state for state in then.links}
    for state in now.links:
        old = earlier.get(state.link)
        text, style = word(old.verdict) if old else ("", "")
        codes = _codes(old)
        gap = " " * max(1, _WIDTH - len(text) - len(codes))
        yield line(f"{state.link.value:<26}", (text, style), codes, gap, word(state.verdict), _codes(state), indent=3)
    files = changed_files(then, pages)
    was = {row.check: row for row in rows(then, then_at, pages, files)}
    rest = [(was.get(row.check), row) for row in rows(now, now_at, pages, files)]
    changed = [(old, row) for old, row in rest if old and old.state != row.state]
    if changed:
        yield BLANK
    for earlier_row, row in changed:
        yield line((shown(row.check), "head"), indent=3)
        yield _side("before", earlier_row)
        yield _side("after", row)


def _codes(state: LinkState | None) -> str:
    """The codes that broke a link, as far as they fit."""
    if state is None or state.verdict is not LinkVerdict.BROKEN:
        return ""
    codes = shown(state.reason)
    return " " + (codes if len(codes) <= _ROOM else codes[: _ROOM - 3] + "...")


def _side(name: str, row: Row) -> Line:
    mark = (f"{_MARKS.get(row.state, 'unseen'):<8}", _STYLES.get(row.state, "unsure"))
    return line((f"{name:<8}", "dim"), mark, shown(row.saw), indent=6, hang=16)
