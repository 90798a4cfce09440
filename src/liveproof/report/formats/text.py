"""The report for a person at a terminal: the verdict first, then the chain, the root causes, what was not seen."""

from collections.abc import Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.examination import AppExamination, Examination, LinkState
from liveproof.model.run_record import Record
from liveproof.model.verdicts import LinkVerdict, RuleVerdict, Severity
from liveproof.report.content.findings import Found, causes
from liveproof.report.content.next_command import next_command
from liveproof.report.content.remedy import Remedies, remedies
from liveproof.report.content.rule_pages import Pages
from liveproof.report.content.unseen import left_out, unseen
from liveproof.report.content.verdict import head_lines, word
from liveproof.report.formats import Context, Detail
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, field, line
from liveproof.report.summary import summary_lines


def render(record: Record, context: Context) -> Iterator[Line]:
    """The report of one run, a comparison with ``context.before``, and where the time went."""
    if context.detail is Detail.FULL:
        yield from record_lines(record, context.pages, chain=not record.before)
    elif context.detail is Detail.CAUSES:
        if record.examination.verdict is not LinkVerdict.PROVEN:
            yield from brief_lines(record.examination)
    else:
        yield from summary_lines(record, context.pages, root=context.root)
    if context.before:
        from liveproof.report.comparison import comparison_lines  # noqa: PLC0415  (9 ms; a check compares nothing)

        yield BLANK
        yield from comparison_lines(context.before.examination, record.examination, context.pages)
    if context.timings:
        yield BLANK
        yield from _timing_lines(context.timings)


def record_lines(record: Record, pages: Pages, *, chain: bool = True) -> Iterator[Line]:
    """The report of one run as it stands at its end; without the ``chain`` where a comparison already showed it."""
    examination = record.examination
    yield from head_lines(examination)
    for app in examination.apps:
        if len(examination.apps) > 1 and app.verdict is LinkVerdict.PROVEN and not app.diagnoses and not left_out(app):
            continue  # the list above says it all
        fixes = remedies(record, pages, app.app.path)
        result = list(app_lines(app, fixes, titled=len(examination.apps) > 1, chain=chain))
        yield from (BLANK, *result) if result else ()
    if examination.apps:
        yield BLANK
        yield from _next(record, pages)


def brief_lines(examination: Examination) -> Iterator[Line]:
    """The verdict and the root causes, a line each."""
    yield from head_lines(examination)
    for app in examination.apps:
        for diagnosis in app.diagnoses:
            root = diagnosis.root
            severity = root.severity or Severity.MEDIUM
            style = "bad" if severity.breaks else "unsure"
            effects = ", ".join(dict.fromkeys(finding.code for finding in diagnosis.consequences))
            led = f"  (led to {effects})" if effects else ""
            label = (f"{severity.value.upper():<9}", style)
            yield line(label, f"{root.code}  ", shown(root.message), (led, "dim"), indent=3, hang=17)


def app_lines(app: AppExamination, fixes: Remedies, *, titled: bool = False, chain: bool = True) -> Iterator[Line]:
    """One app: its six links, its root causes, what is worth knowing, and what could not be seen."""
    found = Found(app.app.path, fixes)
    title = [line((visible(app.app.path), "head"), "  ", word(app.verdict))] if titled else []
    parts = (
        [*title, *(_chain(app) if chain else ())],
        [*found.root_causes(app.diagnoses)],
        [*found.notices(app.diagnoses)],
        [*_unseen(app)],
        [*_not_judged(app)],
    )
    first = True
    for part in filter(None, parts):
        yield from part if first else (BLANK, *part)
        first = False


def _chain(app: AppExamination) -> Iterator[Line]:
    for state in app.links:
        if app.selected and state.verdict is LinkVerdict.NOT_ASKED:
            continue  # the headline says which rules were asked
        spans: list[str | tuple[str, str]] = [f"{state.link.value:<10}"]
        verdict, style = word(state.verdict)
        reason = shown(state.reason)
        if state.verdict is LinkVerdict.UNPROVEN:
            reason = _first_reason(app, state)
        yield line(*spans, (f"{verdict:<11}", style), reason, indent=3, hang=21)


def _first_reason(app: AppExamination, state: LinkState) -> str:
    """The first of a link's reasons: the rest stands below, under what could not be seen."""
    unseen = (r.reason for r in app.results if r.verdict is RuleVerdict.UNKNOWN and r.reason in state.reason)
    beside = (why for link, why in app.unjudged if link is state.link)
    reasons = tuple(dict.fromkeys((*unseen, *beside))) or (state.reason,)
    more = len(reasons) - 1 + (reasons != (state.reason,) and "; disabled by " in state.reason)
    return shown(reasons[0]) + (f" (and {more} more below)" if more else "")


def _unseen(app: AppExamination) -> Iterator[Line]:
    reasons = unseen(app)
    if reasons:
        yield line(("Not checked", "head"))
        for reason, codes in reasons.items():
            yield line(shown(reason), indent=3, hang=0)
            yield line((f"needed by {', '.join(codes)}", "dim"), indent=6)


def _not_judged(app: AppExamination) -> Iterator[Line]:
    result = left_out(app)
    if result:
        yield line(("Not judged", "head"))
    for text in result:
        yield line(shown(text), indent=3)


def _next(record: Record, pages: Pages) -> Iterator[Line]:
    apps = record.examination.apps
    found = [diagnosis for app in apps for diagnosis in causes(app.diagnoses)]
    app = f" {quoted(apps[0].app.path)}" if len(apps) == 1 else ""
    answer: list[tuple[str, str]] = []
    offer = next_command(record, pages)
    if offer:
        answer.append(offer)
    if found and record.kind == "check":
        answer.append((f"liveproof explain {found[0].root.code}", "says why, and how to see it by hand"))
    if any("as root" in result.reason for app in apps for result in app.results):
        answer.append((f"sudo liveproof check{app}", "sees what only root can see"))
    if record.id:
        answer.append((f"liveproof report {record.id}", "the whole report, to keep or to send"))
    if found:  # a long report ends with what it began with
        codes = ", ".join(dict.fromkeys(diagnosis.root.code for diagnosis in found))
        yield line(word(record.examination.verdict), f"  {codes}")
    width = max((len(command) for command, _ in answer), default=0)
    for number, (command, meaning) in enumerate(answer):
        yield field("" if number else "next", (f"{command:<{width}}", "command"), f"  {meaning}", indent=0, width=6)


def _timing_lines(timings: tuple[tuple[str, float], ...]) -> Iterator[Line]:
    """Where the time went: seconds by name."""
    yield line(("Time", "head"))
    for name, seconds in (*timings, ("together", sum(seconds for _, seconds in timings))):
        yield line(f"{name:<16}{seconds * 1000:8.1f} ms", indent=3)
