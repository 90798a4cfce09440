"""Roll a fix back.

Roll a fix back: contents, owners, modes and times. Without RUN an interrupted fix, else the last one.

Examples:
  liveproof rollback
  liveproof rollback 20261123-211501-3f --yes

Exit status:
  0 all is as it was before the fix   2 usage error, damaged journal
  1 not all is, or the site answered before and does not, or not surely, now
  3 it cannot be seen whether the site answers   4 refused   70 our bug
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, BY_VERDICT, OK, REFUSED, UNPROVEN
from liveproof.cli.options import Options, add_text_or_json_argument, add_yes_argument
from liveproof.cli.session import examine_host, keep_record, open_history, prepare
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.run_record import Record
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link, LinkVerdict
from liveproof.repair.repair import reload_bar
from liveproof.repair.rollback import RolledBack, rollback
from liveproof.report.formats.json import dumps, rollback_document
from liveproof.report.formats.text import brief_lines
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, field, line
from liveproof.report.style.times import clock
from liveproof.rules import hidden_by_memory
from liveproof.store import lock
from liveproof.store.cache import Cache
from liveproof.store.directory import UnsafeState, unusable
from liveproof.store.history import NoSuchRun, new_id
from liveproof.store.journal_log import Damaged
from liveproof.store.runs import INTERRUPTED, Run, chosen
from liveproof.store.runs import NoSuchRun as NoSuchFix
from liveproof.store.sqlite import StoreFailed

HELP_ORDER = 4
CHANGES_HOST = True
_SETTLE_SECONDS = 8.0
_AGAIN_SECONDS = 0.7
# Exit statuses, the worst last: all is as it was; it cannot be seen whether the site answers; not so.
_WORSE = (OK, UNPROVEN, BROKEN)


@dataclass(frozen=True, slots=True)
class _SiteState:
    """An app whose fix is rolled back: how to examine it, and how it stood before; None where it cannot be examined."""

    path: str
    settings: Settings
    cache: Cache
    before: Examination | None

    def examine_again(self, console: Console) -> Examination | None:
        """How it stands now, once it has settled: until it answers as it did, or for a few seconds."""
        if self.before is None:
            return None
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            after = examine_host(self.settings, self.cache, console)
            answers = _answers(after) is LinkVerdict.PROVEN or _answers(self.before) is not LinkVerdict.PROVEN
            if answers or time.monotonic() > deadline:
                return after
            time.sleep(_AGAIN_SECONDS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``rollback``."""
    parser.add_argument("run", metavar="RUN", nargs="?", default="", help="the run's id")
    add_yes_argument(parser)
    add_text_or_json_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Roll back a run; 0 when everything is as it was and the site answers as it did, 1 when not, 3 when unseen.

    Raises:
        UsageError: there is no such run, its journal is damaged, or there is no terminal to ask on.
    """
    try:
        runs = chosen(arguments.run)
    except NoSuchFix as error:
        raise UsageError(str(error)) from None
    if not runs:
        console.lines([line("Nothing to roll back: no fix stands and none was interrupted.")])
        return 0
    if not arguments.yes and not console.interactive:
        raise UsageError("stdin is not a terminal; use --yes to roll the run back")
    sites = [_examine_site(path, console) for path in dict.fromkeys(each.app for each in runs if each.app)]
    if arguments.format == "text":
        for each in runs:
            console.lines(_preview(each, next((site for site in sites if site.path == each.app), None)))
    if not arguments.yes and not console.confirm(f"Roll back run {', '.join(each.id for each in runs)}?"):
        console.message("declined; nothing was changed")
        return REFUSED
    try:
        done = _roll_back(arguments.run, sites, console)
    except lock.Held as error:
        console.message(str(error))
        return REFUSED
    return _report(done, [(site, site.examine_again(console)) for site in sites], console, arguments.format)


def _roll_back(run: str, sites: list[_SiteState], console: Console) -> tuple[RolledBack, ...]:
    bars = {site.path: reload_bar(site.settings, site.cache, console.progress) for site in sites}
    try:
        return rollback(run, console.progress, barred=lambda app: bars[app](app) if app in bars else "")
    except NoSuchFix as error:
        raise UsageError(str(error)) from None
    except Damaged as error:
        raise UsageError(
            f"cannot roll back: {error}; nothing was changed, and what it did must be undone by hand"
        ) from None
    except (UnsafeState, OSError) as error:
        raise UsageError(f"cannot roll back: {unusable(error)}") from None


def _examine_site(path: str, console: Console) -> _SiteState:
    """An app as it stands now. What keeps it from being examined does not keep its fix from being rolled back."""
    try:
        settings, cache = prepare(Options(path))
        return _SiteState(path, settings, cache, examine_host(settings, cache, console))
    except UsageError as error:
        console.message(f"not examined before: {error}")
        return _SiteState(path, *prepare(Options()), None)


def _preview(run: Run, site: _SiteState | None) -> Iterator[Line]:
    """What the rollback will do, and what it means for a site that answers now."""
    state = "was interrupted" if run.state == INTERRUPTED else run.state
    yield line(("Roll back", "head"), f"  run {visible(run.id)} of {visible(run.app)}, {clock(run.started)}, {state}")
    for what in run.steps:
        if what not in run.services:
            yield field("undo", shown(what))
    for what in run.services:
        began = what.removeprefix("start ")
        yield field("then", f"stop {shown(began)}, if the fix started it" if began != what else f"again: {shown(what)}")
    was = _found(run)
    if was:
        yield line("That fix found:", indent=3)
    for app in was:
        for diagnosis in app.diagnoses:
            yield field(diagnosis.root.code, shown(diagnosis.root.message))
    if site and site.before and _answers(site.before) is LinkVerdict.PROVEN:
        text = "the site answers. What the fix found comes back"
        closed = sorted({finding.code for app in was for finding in app.findings} & hidden_by_memory())
        if closed:
            text += f", {', '.join(closed)} among it: requests that need these files are likely to fail"
        yield field("now", f"{text}.")
    yield BLANK


def _found(run: Run) -> tuple[AppExamination, ...]:
    """What the run had found in its app before it changed anything, where that is kept."""
    try:
        record = open_history().load(run.id)
    except (NoSuchRun, StoreFailed):
        return ()
    return tuple(app for app in record.before.apps if app.app.path == run.app) if record.before else ()


def _app(examination: Examination) -> AppExamination | None:
    return examination.apps[0] if len(examination.apps) == 1 else None


def _answers(examination: Examination) -> LinkVerdict:
    """Whether a real request is answered: the link of the wire."""
    app = _app(examination)
    found = [state.verdict for state in app.links if state.link is Link.WIRE] if app else []
    return found[0] if found else LinkVerdict.UNPROVEN


def _lost(before: Examination, after: Examination) -> tuple[LinkVerdict, str]:
    """What was lost of a site that answered before: BROKEN or UNPROVEN with the reason; PROVEN where nothing was."""
    if _answers(before) is not LinkVerdict.PROVEN:
        return LinkVerdict.PROVEN, ""
    app, was = _app(after), _app(before)
    if app is None or was is None:
        return LinkVerdict.UNPROVEN, f"it is not found any more: {after.reason}"
    wire = next(state for state in app.links if state.link is Link.WIRE)
    if wire.verdict is not LinkVerdict.PROVEN:
        messages = [finding.message for finding in app.findings if finding.code in wire.reason]
        return wire.verdict, "; ".join(messages) or wire.reason
    known = {finding.code for finding in was.findings}
    closed = [finding for finding in app.findings if finding.code in hidden_by_memory() and finding.code not in known]
    if closed:
        text = f"only what PHP-FPM has in memory still answers, and every other request fails: {closed[0].message}"
        return LinkVerdict.BROKEN, text
    return LinkVerdict.PROVEN, ""


def _report(
    done: tuple[RolledBack, ...], sites: list[tuple[_SiteState, Examination | None]], console: Console, form: str
) -> int:
    status = OK if all(back.complete for back in done) else BROKEN
    for site, after in sites:
        if after:
            keep_record(Record(new_id(after.started), "rollback", __version__, after), console, site.settings)
    lost = [(site.path, *_lost(site.before, after)) for site, after in sites if site.before and after]
    lost = [row for row in lost if row[1] is not LinkVerdict.PROVEN]
    if form == "json":
        looked = [(site.path, site.before, after) for site, after in sites]
        console.text(dumps(rollback_document(__version__, done, looked)))
    else:
        console.lines(_rolled_back(done))
        for path, verdict, text in lost:
            head = (
                "THE SITE NO LONGER ANSWERS" if verdict is LinkVerdict.BROKEN else "NOT SEEN WHETHER THE SITE ANSWERS"
            )
            lost_line = line((head, "bad"), f"  {visible(path)} answered before the rollback: {shown(text)}", hang=3)
            console.lines((lost_line, field("next", ("liveproof fix", "command"), "  fixes it again")))
        for _, after in sites:
            if after:
                console.lines((BLANK, *brief_lines(after)))
    return max([status, *(BY_VERDICT[verdict] for _, verdict, _ in lost)], key=_WORSE.index)


def _rolled_back(done: tuple[RolledBack, ...]) -> Iterator[Line]:
    for back in done:
        word = ("ROLLED BACK", "good") if back.complete else ("ROLLED BACK IN PART", "bad")
        yield line(word, f"  run {visible(back.run)}: {back.restored} paths are as they were before")
        for path, reason in back.refused:
            yield line(f"left alone: {visible(path)}: {shown(reason)}", indent=3, hang=3)
        for note in back.notes:
            yield line(shown(note), indent=3, hang=3)
