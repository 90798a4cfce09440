"""The checklist in words: lines for a person, and a document for programs."""

from collections.abc import Iterable, Iterator
from typing import Any

from liveproof.model.secrets import hide
from liveproof.prevention.item import Judged, State
from liveproof.report.style.escaping import shown, utf8, visible
from liveproof.report.style.lines import BLANK, Line, line

_MARKS = {State.DONE: "☑", State.OPEN: "☐", State.UNKNOWN: "?", State.NOT_APPLICABLE: "-"}
_PLAIN = {State.DONE: "[x]", State.OPEN: "[ ]", State.UNKNOWN: "[?]", State.NOT_APPLICABLE: "[-]"}
_STYLES = {State.DONE: "good", State.OPEN: "bad", State.UNKNOWN: "unsure", State.NOT_APPLICABLE: "dim"}
BOXES = "".join(_MARKS.values())


def checklist_lines(app: str, items: Iterable[Judged], *, plain: bool) -> Iterator[Line]:
    """The items of one app: a line each with what was seen, then what to do; ``plain``: in ASCII."""
    items = tuple(items)
    counts = {state: sum(one.state is state for one in items) for state in State}
    told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    yield line(("Prevention checklist", "head"), f"  {visible(app)}  {told}")
    for one in items:
        mark, style = (_PLAIN if plain else _MARKS)[one.state], _STYLES[one.state]
        word = "" if one.state in (State.DONE, State.OPEN) else f"{one.state.value}: "
        indent = len(mark) + 1
        yield line((mark, style), f" {one.title}: ", (word, style), shown(one.seen.saw), hang=indent)
        for text in one.seen.todo:
            yield line(shown(text), indent=indent + 2, hang=2)
        for text in one.seen.commands:
            yield line((shown(text), "command"), indent=indent + 4, hang=4)


def applies_line(items: Iterable[Judged], command: str) -> Iterator[Line]:
    """How what is open is applied, where some of it can be."""
    if any(one.state is State.OPEN and one.codes for one in items):
        yield BLANK
        yield line("What liveproof can apply: ", (command, "command"), "  (--dry-run shows the plan)")


def document(app: str, items: Iterable[Judged]) -> dict[str, Any]:
    """The items of one app as JSON values, secrets hidden."""
    return {
        "app": _text(app),
        "items": [
            {
                "name": one.name,
                "title": one.title,
                "state": one.state.value,
                "saw": _text(one.seen.saw),
                "todo": [_text(text) for text in one.seen.todo],
                "commands": [_text(text) for text in one.seen.commands],
                "codes": list(one.codes),
            }
            for one in items
        ],
    }


def _text(text: str) -> str:
    return utf8(hide(text))
