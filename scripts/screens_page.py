"""docs/screens.md: what `check` shows, on terminals of several widths and in a pipe. ``--check`` compares."""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from liveproof.model.run_record import Record
from liveproof.report.style.lines import Line, plain
from liveproof.report.style.terminal import show
from liveproof.report.summary import summary_lines
from scripts.pages import TOP, write_or_compare
from tests.golden import incident
from tests.golden.reports import steady

PAGE = TOP / "docs" / "screens.md"
_HEAD = """\
# Screens

What `liveproof check` shows. Written by `make docs` from the incident as the tests have it; do not edit.
"""


def main(arguments: list[str]) -> int:
    """Write or compare the page."""
    with steady():
        return write_or_compare({PAGE: "\n".join((_HEAD, *_parts()))}, arguments)


def _parts() -> Iterator[str]:
    broken, healthy = incident.five_causes(), incident.proven()
    yield from _part("Broken, with five causes, 80x24", _screen(broken), 80)
    yield from _part("The same, 60 columns", _screen(broken), 60)
    yield from _part("The same, 120x40", _screen(broken), 120)
    yield from _part("The same, in a pipe", _screen(broken), 0)
    yield from _part("Healthy, 80x24", _screen(healthy), 80)
    yield from _part("After the fix, 80x24", _screen(incident.fixed()), 80)
    yield from _part("Two apps, 80x24", _screen(incident.several()), 80)
    yield from _part("Without root, 80x24", _screen(incident.unproven(), root=False), 80)


def _screen(record: Record, *, root: bool = True) -> list[Line]:
    return list(summary_lines(record, incident.PAGES, root=root))


def _part(title: str, lines: Iterable[Line], columns: int) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"```text\n{_drawn(lines, columns) if columns else plain(lines)}```\n"


def _drawn(lines: Iterable[Line], columns: int) -> str:
    out = io.StringIO()
    with _wide(columns):
        show(lines, out)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@contextmanager
def _wide(columns: int) -> Iterator[None]:
    before = os.environ.get("COLUMNS", "")
    os.environ["COLUMNS"] = str(columns)
    try:
        yield
    finally:
        os.environ["COLUMNS"] = before


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
