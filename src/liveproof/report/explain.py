"""``liveproof explain``: a rule's page or a symptom, filled with this host's own names, and what was found there."""

import difflib
from collections.abc import Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.findings import Result
from liveproof.model.verdicts import RuleVerdict, Safety
from liveproof.report.content.findings import Found, unlisted
from liveproof.report.content.host_names import NOWHERE, Place, changed_files, place
from liveproof.report.content.remedy import unplanned
from liveproof.report.content.rule_pages import Page, Pages, answering
from liveproof.report.content.symptoms import SYMPTOMS, Symptom
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, field, line

_HELD = 5
_WORDS = {
    RuleVerdict.OK: ("not found", "good"),
    RuleVerdict.FOUND: ("FOUND", "bad"),
    RuleVerdict.UNKNOWN: ("UNKNOWN", "unsure"),
    RuleVerdict.DISABLED: ("DISABLED", "unsure"),
}


def page_of(asked: str, pages: Pages) -> Page | None:
    """The rule with this code or name, however it is written: ``fil003``, ``bootstrap-cache-not-writable``."""
    wanted = asked.strip().lower().replace("-", "_").replace(" ", "_")
    return next((page for page in pages.values() if wanted in (page.code.lower(), page.name)), None)


def near(asked: str, pages: Pages) -> tuple[str, ...]:
    """What may have been meant: codes, names and symptoms that resemble it."""
    known = [*pages, *(page.name for page in pages.values()), *(symptom.title for symptom in SYMPTOMS)]
    lower = {name.lower(): name for name in known}
    return tuple(lower[name] for name in difflib.get_close_matches(asked.lower(), list(lower), 3, 0.6))


def page_lines(page: Page, examination: Examination) -> Iterator[Line]:
    """A rule's page with this host's names in its commands, then what the rule found."""
    where = place(examination.apps[0]) if examination.apps else NOWHERE
    yield line((f"{page.code} {page.name}", "head"))
    yield BLANK
    yield from _markdown(where.fill(page.text))
    yield BLANK
    yield line(("On this host", "head"))
    yield from _nothing_examined(examination)
    for app in examination.apps:
        result = next((result for result in app.results if result.code == page.code), None)
        yield from _result(app, result)
        if result and result.verdict is RuleVerdict.FOUND and page.safety is not Safety.MANUAL:
            command = f"liveproof fix --select {page.code} {quoted(app.app.path)}"
            yield field("fix", (command, "command"), "  shows what it would do, then asks", indent=6)


def symptom_lines(symptom: Symptom, examination: Examination, pages: Pages) -> Iterator[Line]:
    """What to look at on this host when one sees the symptom, each with what liveproof found there, then the causes."""
    yield line(("Symptom: " + symptom.title, "head"))
    yield from _nothing_examined(examination)
    if not examination.apps:
        yield from _looks(symptom, NOWHERE, None, pages)
    for app in examination.apps:
        yield BLANK
        yield line((visible(app.app.path), "head"))
        yield from _looks(symptom, place(app, changed_files(app, pages)), app, pages)
        yield from _conclusion(symptom, app, pages)


def _looks(symptom: Symptom, where: Place, app: AppExamination | None, pages: Pages) -> Iterator[Line]:
    for number, look in enumerate(symptom.looks(where), 1):
        yield BLANK
        yield line(f"{number:>2}. ", (look.what, "head"), hang=4)
        for command in look.commands:
            yield line((command, "command"), indent=6)
        yield field("expect", look.expected, indent=4)
        if app:
            yield from _found(app, answering(pages, *look.questions))


def _found(app: AppExamination, codes: tuple[str, ...]) -> Iterator[Line]:
    asked = [result for result in app.results if result.code in codes]
    answer = [result for result in asked if result.verdict is not RuleVerdict.OK]
    name = "here"
    for result in answer:
        text = result.findings[0].message if result.findings else result.reason
        word, style = _WORDS[result.verdict]
        yield field(name, (f"{word} ", style), f"{result.code}  {shown(text)}", indent=4)
        name = ""
    if asked and not answer:
        yield field(name, ("nothing wrong", "good"), f" ({', '.join(result.code for result in asked)})", indent=4)
    if not asked:
        yield field(name, ("not asked: nothing of this kind on this host", "dim"), indent=4)


def _conclusion(symptom: Symptom, app: AppExamination, pages: Pages) -> Iterator[Line]:
    fixes = unplanned(pages)
    codes = {code for look in symptom.looks(place(app)) for code in answering(pages, *look.questions)}
    meant = [d for d in app.diagnoses if codes & {f.code for f in d.findings}]
    yield BLANK
    if not meant:
        yield line(("liveproof found no cause of this symptom here.", "head"))
        others = [d.root.code for d in app.diagnoses]
        if others:
            yield line(f"It found something else: {', '.join(others)}; see `liveproof check`.")
        return
    yield line((f"{len(meant)} cause{'s' if len(meant) > 1 else ''} found here", "head"))
    found = Found(app.app.path, fixes)
    for number, diagnosis in enumerate(meant, 1):
        yield BLANK
        yield from found.cause(diagnosis, f"{number}.")


def _result(app: AppExamination, result: Result | None) -> Iterator[Line]:
    path = visible(app.app.path)
    if result is None:
        yield line(f"{path}: not asked (nothing of this kind here)", indent=3, hang=3)
        return
    word, style = _WORDS[result.verdict]
    yield line(f"{path}: ", (word, style), f"  {shown(result.reason)}" if result.reason else "", indent=3, hang=3)
    for held in result.holds[:_HELD]:
        yield field("holds", shown(held), indent=6)
    if len(result.holds) > _HELD:
        yield line(f"and {len(result.holds) - _HELD} more: `liveproof check --format json` lists them", indent=6)
    for finding in result.findings:
        yield line(shown(finding.message), indent=6)
        for evidence in finding.evidence:
            expected = f", expected {shown(evidence.expected)}" if evidence.expected else ""
            yield line(f"{visible(evidence.source)}: {shown(evidence.saw)}{expected}", indent=9, hang=3)
        left = unlisted(finding, len(finding.evidence))
        if left:
            yield line(left, indent=9)
        if finding.advice:
            yield field("do", shown(finding.advice), indent=6)


def _nothing_examined(examination: Examination) -> Iterator[Line]:
    if not examination.apps:
        reason = shown(examination.reason) or "no app was found"
        yield line(f"Nothing was examined: {reason}", indent=3, hang=3)
        yield line(f"The commands name an example app, {NOWHERE.app}: put yours in its place.", indent=3, hang=3)


def _markdown(text: str) -> Iterator[Line]:
    """A page as lines: headings and commands styled, the rest as it is written."""
    fenced = False
    for each in text.split("\n"):
        if each.startswith("```"):
            fenced = not fenced
        elif fenced or each.startswith("    "):
            yield line((visible(each), "command"), indent=3)
        elif each.startswith("## "):
            yield line((each[3:], "head"))
        else:
            yield line(visible(each))
