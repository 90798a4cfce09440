"""The report for a person at a terminal: the verdict first, then the chain, the root causes, what was not seen."""

from collections.abc import Iterator

from liveproof.model.examination import AppExamination, LinkState
from liveproof.model.findings import Diagnosis, Finding
from liveproof.model.record import Record
from liveproof.model.verdicts import LinkVerdict, RuleVerdict, Safety, Severity
from liveproof.report.lines import BLANK, Line, field, line
from liveproof.report.pages import Pages
from liveproof.report.remedy import Remedies, remedies
from liveproof.report.times import clock, span
from liveproof.report.visible import quoted, shown, visible

STYLES = {
    LinkVerdict.PROVEN: "good",
    LinkVerdict.BROKEN: "bad",
    LinkVerdict.UNPROVEN: "unsure",
    LinkVerdict.NOT_ASKED: "dim",
}
MEANINGS = {
    LinkVerdict.PROVEN: "the deployed code is the code that is live",
    LinkVerdict.BROKEN: "the deployed code is not, or will not stay, the code that is live",
    LinkVerdict.UNPROVEN: "nothing is known to be wrong, but not everything could be seen",
}
_SHOWN_EVIDENCE = 5


def record_lines(record: Record, pages: Pages, *, chain: bool = True) -> Iterator[Line]:
    """The report of one run as it stands at its end; without the ``chain`` where a comparison already showed it."""
    examination = record.examination
    yield from _head(record)
    for app in examination.apps:
        if len(examination.apps) > 1 and app.verdict is LinkVerdict.PROVEN and not app.diagnoses:
            continue  # the list above says it all
        yield BLANK
        mended = remedies(record, pages, app.app.path)
        yield from app_lines(app, mended, titled=len(examination.apps) > 1, chain=chain)
    if examination.apps:
        yield BLANK
        yield from _next(record)


def word(verdict: LinkVerdict) -> tuple[str, str]:
    """A verdict as a styled word: loud when something is to be done."""
    loud = verdict in (LinkVerdict.BROKEN, LinkVerdict.UNPROVEN)
    return (verdict.value.upper() if loud else verdict.value), STYLES[verdict]


def _head(record: Record) -> Iterator[Line]:
    examination = record.examination
    verdict = examination.verdict
    label = (verdict.value.upper(), STYLES[verdict])
    if not examination.apps:
        yield line(label, f"  no app was examined on {visible(examination.host)}")
        if examination.reason:
            yield line(shown(examination.reason), indent=3)
        return
    which = visible(examination.apps[0].app.path) if len(examination.apps) == 1 else f"{len(examination.apps)} apps"
    yield line(label, "  ", (which, "head"), f"  {MEANINGS[verdict]}", hang=len(label[0]) + 2)
    when = f"{visible(examination.host)}, {clock(examination.started)}, {span(examination.seconds)}"
    yield line((when, "dim"), indent=len(label[0]) + 2)
    if examination.reason:
        yield line(shown(examination.reason), indent=len(label[0]) + 2)
    if len(examination.apps) > 1:
        for app in examination.apps:
            yield line("", (f"{app.verdict.value.upper():<10}", STYLES[app.verdict]), visible(app.app.path), indent=3)


def app_lines(app: AppExamination, mended: Remedies, *, titled: bool = False, chain: bool = True) -> Iterator[Line]:
    """One app: its six links, its root causes, what is worth knowing, and what could not be seen."""
    if titled:
        yield line((visible(app.app.path), "head"), "  ", word(app.verdict))
    if chain:
        yield from _chain(app)
    causes = [d for d in app.diagnoses if _breaks(d)]
    notices = [d for d in app.diagnoses if not _breaks(d)]
    if causes:
        yield BLANK
        yield line((f"{len(causes)} root cause{'s' if len(causes) > 1 else ''}", "head"))
        for number, diagnosis in enumerate(causes, 1):
            yield BLANK
            yield from diagnosis_lines(diagnosis, mended, f"{number}.")
    if notices:
        yield BLANK
        yield line(("Worth knowing (breaks nothing)", "head"))
        for diagnosis in notices:
            yield BLANK
            yield from diagnosis_lines(diagnosis, mended, "-")
    yield from _unseen(app)


def _breaks(diagnosis: Diagnosis) -> bool:
    return any(f.severity and f.severity.breaks for f in (diagnosis.root, *diagnosis.consequences))


def _chain(app: AppExamination) -> Iterator[Line]:
    for state in app.links:
        spans: list[str | tuple[str, str]] = [f"{state.link.value:<10}"]
        verdict, style = word(state.verdict)
        reason = shown(state.reason)
        if state.verdict is LinkVerdict.UNPROVEN:
            reason = _first_reason(app, state)
        yield line(*spans, (f"{verdict:<11}", style), reason, indent=3, hang=21)


def _first_reason(app: AppExamination, state: LinkState) -> str:
    """The first of a link's reasons: the rest stands below, under what could not be seen."""
    unseen = (r.reason for r in app.results if r.verdict is RuleVerdict.UNKNOWN and r.reason in state.reason)
    reasons = tuple(dict.fromkeys(unseen)) or (state.reason,)
    return shown(reasons[0]) + (f" (and {len(reasons) - 1} more below)" if len(reasons) > 1 else "")


def diagnosis_lines(diagnosis: Diagnosis, mended: Remedies, mark: str) -> Iterator[Line]:
    """A root cause: what it is, what was seen, what follows from it, what to do."""
    root = diagnosis.root
    severity = root.severity or Severity.MEDIUM
    style = "bad" if severity.breaks else "unsure"
    yield line(f"{mark:<3}", (severity.value.upper(), style), f" {root.code}  ", (shown(root.message), "head"), hang=3)
    yield from _evidence(root)
    name = "leads to"
    for finding in diagnosis.consequences:
        yield field(name, f"{finding.code}  {shown(finding.message)}")
        name = ""
    yield from _remedy(diagnosis, mended)


def _evidence(finding: Finding) -> Iterator[Line]:
    name = "seen"
    for evidence in finding.evidence[:_SHOWN_EVIDENCE]:
        saw = shown(evidence.saw)
        expected = f", expected {shown(evidence.expected)}" if evidence.expected else ""
        yield field(name, f"{visible(evidence.source)}: {saw}{expected}")
        name = ""
    left = len(finding.evidence) - _SHOWN_EVIDENCE
    if left > 0:
        yield field("", (f"and {left} more: `--format json` lists all", "dim"))


def _remedy(diagnosis: Diagnosis, mended: Remedies) -> Iterator[Line]:
    root = diagnosis.root
    safety = mended.get(root.code, Safety.MANUAL)
    if safety is Safety.SAFE:
        yield field("do", ("liveproof fix", "command"), "  mends it without losing a request")
    elif safety is Safety.DISRUPTIVE:
        yield field("do", ("liveproof fix --allow disruptive", "command"), "  mends it; may delay or drop requests")
    if root.advice:
        yield field("do" if safety is Safety.MANUAL else "and", shown(root.advice))
    if safety is Safety.MANUAL:
        rest = [f.code for f in diagnosis.consequences if mended.get(f.code, Safety.MANUAL) is not Safety.MANUAL]
        if rest:
            yield field("then", ("liveproof fix", "command"), f"  mends {', '.join(dict.fromkeys(rest))}")


def _unseen(app: AppExamination) -> Iterator[Line]:
    reasons: dict[str, list[str]] = {}
    for result in app.results:
        if result.verdict is RuleVerdict.UNKNOWN or (result.verdict is RuleVerdict.FOUND and result.reason):
            reasons.setdefault(result.reason, []).append(result.code)
    if reasons:
        yield BLANK
        yield line(("Could not be seen", "head"))
        for reason, codes in reasons.items():
            yield line(shown(reason), indent=3, hang=0)
            yield line((f"so unknown: {', '.join(codes)}", "dim"), indent=6)


def _next(record: Record) -> Iterator[Line]:
    apps = record.examination.apps
    found = [d for app in apps for d in app.diagnoses if _breaks(d)]
    app = f" {quoted(apps[0].app.path)}" if len(apps) == 1 else ""
    told: list[tuple[str, str]] = []
    if found and record.kind == "check":
        told.append((f"liveproof fix{app}", "shows what it would do, then asks"))
        told.append((f"liveproof explain {found[0].root.code}", "says why, and how to see it by hand"))
    if record.id:
        told.append((f"liveproof report {record.id}", "the whole report, to keep or to send"))
    width = max((len(command) for command, _ in told), default=0)
    for number, (command, meaning) in enumerate(told):
        yield field("" if number else "next", (f"{command:<{width}}", "command"), f"  {meaning}", indent=0, width=6)


def timing_lines(timings: tuple[tuple[str, float], ...]) -> Iterator[Line]:
    """Where the time went: seconds by name."""
    yield line(("Time", "head"))
    for name, seconds in (*timings, ("together", sum(seconds for _, seconds in timings))):
        yield line(f"{name:<16}{seconds * 1000:8.1f} ms", indent=3)
