"""Every golden report: its file and how it is made. ``python -m tests.golden`` writes them anew."""

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from liveproof.cli.command_tree import command_tree
from liveproof.cli.installing import change_lines, run_lines
from liveproof.install import changes, systemctl
from liveproof.install.manifest import Manifest
from liveproof.install.services import WATCHER
from liveproof.install.wanted import wanted
from liveproof.model.run_record import Record
from liveproof.report.comparison import comparison_lines
from liveproof.report.content.symptoms import SYMPTOMS
from liveproof.report.explain import page_lines, symptom_lines
from liveproof.report.formats import Context, github, json, junit, markdown, prometheus, sarif
from liveproof.report.formats.text import record_lines
from liveproof.report.history.chart import Frame, findings_lines, measure_lines
from liveproof.report.history.events import events, folded
from liveproof.report.history.json import jsonl
from liveproof.report.history.links import timeline_lines
from liveproof.report.history.text import history_lines
from liveproof.report.plan import outcome_lines, plan_lines
from liveproof.report.status.text import status_lines
from liveproof.report.style.lines import BLANK, Line, plain
from liveproof.report.style.terminal import show
from liveproof.report.summary import summary_lines
from tests.golden import history, hostile, incident, status, top
from tests.golden.seed_facts import PATH

HERE = Path(__file__).parent


@contextmanager
def steady() -> Iterator[None]:
    """Times in UTC, 80 columns."""
    kept = {name: os.environ.get(name) for name in ("TZ", "COLUMNS", "FORCE_COLOR")}
    os.environ |= {"TZ": "UTC", "COLUMNS": "80"}
    os.environ.pop("FORCE_COLOR", None)
    time.tzset()
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        time.tzset()


def _text(record: Record) -> str:
    return plain(record_lines(record, incident.PAGES))


def _screen(record: Record) -> list[Line]:
    return list(summary_lines(record, incident.PAGES, root=True))


def _fix(record: Record) -> list[Line]:
    assert record.before
    told = [*plan_lines(record.repairs[0].plan), BLANK, *outcome_lines(record.repairs[0]), BLANK]
    told += [*comparison_lines(record.before, record.examination, incident.PAGES), BLANK]
    return [*told, *record_lines(record, incident.PAGES, chain=False)]


def _terminal(lines: Iterator[Line] | list[Line]) -> str:
    out = io.StringIO()
    show(lines, out)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _json(record: Record) -> str:
    return json.render(record, Context(incident.PAGES))


def _markdown(record: Record) -> str:
    return markdown.render(record, Context(incident.PAGES))


def _prometheus(record: Record) -> str:
    return prometheus.render(record, Context(incident.PAGES))


def _explained(number: int) -> str:
    return plain(symptom_lines(SYMPTOMS[number], incident.broken().examination, incident.PAGES))


REPORTS: dict[str, Callable[[], str]] = {
    "install-dry-run.txt": lambda: _installed(),  # noqa: PLW0108  (it stands below)
    "broken.txt": lambda: _text(incident.broken()),
    "broken-80.txt": lambda: _terminal(record_lines(incident.broken(), incident.PAGES)),
    "screen-five-causes-80.txt": lambda: _terminal(_screen(incident.five_causes())),
    "screen-broken.txt": lambda: plain(_screen(incident.broken())),
    "screen-unproven-80.txt": lambda: _terminal(_screen(incident.unproven())),
    "screen-several-80.txt": lambda: _terminal(_screen(incident.several())),
    "screen-fixed-80.txt": lambda: _terminal(_screen(incident.fixed())),
    "screen-hostile.txt": lambda: plain(_screen(hostile.record())),
    "unproven.txt": lambda: _text(incident.unproven()),
    "fixed.txt": lambda: plain(_fix(incident.fixed())),
    "fixed-80.txt": lambda: _terminal(_fix(incident.fixed())),
    "hostile.txt": lambda: _text(hostile.record()),
    "nothing.txt": lambda: _text(incident.nothing()),
    "several.txt": lambda: _text(incident.several()),
    "broken.json": lambda: _json(incident.broken()),
    "fixed.json": lambda: _json(incident.fixed()),
    "hostile.json": lambda: _json(hostile.record()),
    "broken.md": lambda: _markdown(incident.broken()),
    "fixed.md": lambda: _markdown(incident.fixed()),
    "unproven.md": lambda: _markdown(incident.unproven()),
    "hostile.md": lambda: _markdown(hostile.record()),
    "several.prom": lambda: _prometheus(incident.several()),
    "unproven.prom": lambda: _prometheus(incident.unproven()),
    "hostile.prom": lambda: _prometheus(hostile.record()),
    "explain-code-changes.txt": lambda: _explained(0),
    "explain-permission-denied.txt": lambda: _explained(1),
    "explain-socket.txt": lambda: _explained(2),
    "history.txt": lambda: plain(_happened()),
    "history-80.txt": lambda: _terminal(_happened()),
    "history.jsonl": lambda: "".join(jsonl(events(history.kept(), history.EVERYTHING))),
    "history-links.txt": lambda: _terminal(
        list(timeline_lines(history.kept().runs, history.SINCE, history.UNTIL, PATH))
    ),
    "history-hit-ratio.txt": lambda: plain(
        measure_lines(history.kept().runs, "hit_ratio", 85.0, Frame(history.SINCE, history.UNTIL))
    ),
    "history-findings.txt": lambda: plain(
        findings_lines(history.kept().runs, ("FIL",), PATH, Frame(history.SINCE, history.UNTIL))
    ),
    "status.txt": lambda: plain(status_lines(status.one())),
    "status-several-80.txt": lambda: _terminal(status_lines(status.several())),
    "broken.github.txt": lambda: github.render(incident.broken(), Context(incident.PAGES)),
    "broken.junit.xml": lambda: junit.render(incident.broken(), Context(incident.PAGES)),
    "broken.sarif": lambda: sarif.render(incident.broken(), Context(incident.PAGES)),
    "unproven.github.txt": lambda: github.render(incident.unproven(), Context(incident.PAGES)),
    "unproven.junit.xml": lambda: junit.render(incident.unproven(), Context(incident.PAGES)),
    "unproven.sarif": lambda: sarif.render(incident.unproven(), Context(incident.PAGES)),
    "several.github.txt": lambda: github.render(incident.several(), Context(incident.PAGES)),
    "several.junit.xml": lambda: junit.render(incident.several(), Context(incident.PAGES)),
    "several.sarif": lambda: sarif.render(incident.several(), Context(incident.PAGES)),
    "nothing.github.txt": lambda: github.render(incident.nothing(), Context(incident.PAGES)),
    "nothing.junit.xml": lambda: junit.render(incident.nothing(), Context(incident.PAGES)),
    "nothing.sarif": lambda: sarif.render(incident.nothing(), Context(incident.PAGES)),
    "hostile.github.txt": lambda: github.render(hostile.record(), Context(incident.PAGES)),
    "hostile.junit.xml": lambda: junit.render(hostile.record(), Context(incident.PAGES)),
    "hostile.sarif": lambda: sarif.render(hostile.record(), Context(incident.PAGES)),
    "top-80.txt": lambda: top.text(80),
    "top-200.txt": lambda: top.text(200),
    "explain-rule.txt": lambda: plain(page_lines(incident.PAGES["FIL003"], incident.broken().examination)),
}


def _happened() -> list[Line]:
    return list(history_lines(folded(events(history.kept(), history.EVERYTHING)), several=True))


def _installed() -> str:
    """What `install --dry-run` shows on a host where nothing is yet, without the man pages, and the watcher's unit."""
    files = wanted(("/opt/liveproof/bin/liveproof",), {}, command_tree(), (), cron=False, heal=True)
    with tempfile.TemporaryDirectory() as root:
        done = changes.install((file for file in files if not file.purpose.startswith("man ")), Manifest(), root)
    lines = (*change_lines(done), *run_lines(systemctl.after(done, Manifest(), "1", WATCHER)))
    return plain(lines) + "".join(
        f"\n{file.content.decode()}" for file in files if file.path.endswith((WATCHER, ".conf"))
    )
