"""The incident report as a document: every section filled from what was measured, nothing that was not.

Text of the host goes through ``code`` or ``prose``: it can neither break the document nor forge a part of it.
"""

import re
from collections.abc import Iterator

from liveproof.model.examination import AppExamination
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Diagnosis
from liveproof.model.plan import OutcomeKind
from liveproof.model.run_record import Record, Repair
from liveproof.model.verdicts import LinkVerdict, RuleVerdict
from liveproof.report.content import advice, causes
from liveproof.report.content.host_names import Place, changed_files, place, seen
from liveproof.report.content.performance import figures
from liveproof.report.content.remedy import Remedies, remedies
from liveproof.report.content.rule_pages import Page, Pages, answering
from liveproof.report.content.symptoms import SYMPTOMS
from liveproof.report.content.unseen import left_out
from liveproof.report.content.verdict import headline, meaning
from liveproof.report.content.verification_table import BAD, OK, Row, rows
from liveproof.report.formats import Context
from liveproof.report.style.escaping import block, cell, code, prose, shown
from liveproof.report.style.times import clock

_MARKS = {OK: "✅ OK", BAD: "❌ WRONG"}
_UNSEEN = "❔ NOT SEEN"
_LINKS = {
    LinkVerdict.PROVEN: "✅ proven",
    LinkVerdict.BROKEN: "❌ broken",
    LinkVerdict.UNPROVEN: "❔ unproven",
    LinkVerdict.NOT_ASKED: "not asked",
}


def render(record: Record, context: Context) -> str:
    """The document of one run, compared with ``context.before`` or, when it fixed something, with its own beginning."""
    pages, before = context.pages, context.before
    examination = record.examination
    lines = [
        "# Deployment verification report",
        "",
        f"**Host**: {code(examination.host)}  ",
        f"**Examined**: {clock(examination.started)}  ",
        f"**Status**: {_status(record)}  ",
    ]
    if record.id:
        lines.append(f"**Run**: {code(record.id)}  ")
    earlier = before.examination if before else record.before
    if earlier:
        other = before is not None and before.id != record.id
        named = f" (run {code(before.id)})" if before and other else " (the same run, before the fix)"
        lines.append(f"**Compared with**: {clock(earlier.started)}{named}  ")
    lines.append(f"**liveproof**: {record.version}")
    if examination.reason:
        lines += ["", prose(shown(examination.reason))]
    if len(examination.apps) == 1:
        lines += ["", *_contents()]
    then = {app.app.path: app for app in earlier.apps} if earlier else {}
    for app in examination.apps:
        repair = next((r for r in record.repairs if r.plan.app == app.app.path), None)
        old = then.get(app.app.path)
        was = (old, earlier.started) if old and earlier else None
        part = _App((app, examination.started), was, repair, pages, remedies(record, pages, app.app.path))
        lines += ["", "---", "", *part.sections(titled=len(examination.apps) > 1, hit_ratio=context.hit_ratio)]
    if record.cuts:
        lines += ["", "Long lists were shortened when this run was kept."]
    return "\n".join(lines) + "\n"


def _status(record: Record) -> str:
    if not record.examination.apps:
        return "NOTHING EXAMINED"
    message = f"{headline(record.examination)}: {meaning(record.examination)}"
    done = [repair.outcome.kind.value for repair in record.repairs if repair.outcome]
    return message + (f" (`liveproof fix`: {', '.join(dict.fromkeys(done))})" if done else "")


# An app as one run saw it, and when.
_Seen = tuple[AppExamination, float]


class _App:
    """The sections of one app."""

    def __init__(self, now: _Seen, then: _Seen | None, repair: Repair | None, pages: Pages, fixes: Remedies) -> None:
        (self.now, self.at), self.repair, self.pages, self.fixes = now, repair, pages, fixes
        self.then = then[0] if then else None
        self.then_at = then[1] if then else 0.0
        # The incident: what was found before it was fixed, and what came since; without a fix what is found now.
        known = {diagnosis.root.code for diagnosis in self.then.diagnoses} if self.then else set()
        new = tuple(d for d in self.now.diagnoses if d.root.code not in known)
        self.incident = (*self.then.diagnoses, *new) if self.then else new
        self.place: Place = place(self.now, changed_files(self.now, pages))
        self.files = changed_files(self.then, pages) if self.then else self.place.changed

    def sections(self, *, titled: bool, hit_ratio: float) -> Iterator[str]:
        """All sections in the order of the document."""
        if titled:
            yield from (f"# {code(self.now.app.path)}", "")
        yield from self._summary()
        yield from self._verification()
        yield from self._comparison()
        yield from causes.analysis(self.incident, self.place, self.pages, self.fixes)
        yield from causes.settings(self.now)
        yield from causes.applied(self.repair)
        yield from _advices("100% verification steps", advice.verification(self.place), "Step {}: ")
        yield from _advices("Prevention checklist", advice.prevention(self.place), "- [ ] ", listed=True)
        yield from _advices("Monitoring and alerting recommendations", advice.monitoring(self.place, hit_ratio), "{}. ")
        yield from self._troubleshooting()
        yield from causes.quick_reference(self.repair)
        yield from self._performance()
        yield from self._support()
        yield from self._end()

    def _summary(self) -> Iterator[str]:
        yield from ("## Executive summary", "", f"App: {code(self.now.app.path)}", "")
        found = self.incident
        if not found:
            yield f"No root cause was found. The verdict is **{self.now.verdict.value}**: {meaning(self.now)}."
        else:
            count = len([d for d in found if d.breaks])
            many = f"{count or 'No'} root cause{'' if count == 1 else 's'} between the deployed code and the live code."
            yield many if count else f"{many} Worth knowing:"
        still = {finding.code for finding in self.now.findings}
        for number, diagnosis in enumerate(found, 1):
            root = diagnosis.root
            status = self._state(diagnosis, still)
            effects = ", ".join(dict.fromkeys(f.code for f in diagnosis.consequences))
            page = self.pages.get(root.code)
            yield from (
                "",
                f"{number}. **{prose(page.title if page else root.code)}** ({root.code}, {causes.severity(root)})",
            )
            yield f"    - Issue: {prose(shown(root.message))}"
            yield f"    - Impact: {_meant(page)}{_impact(diagnosis, self.then or self.now)}" + (
                f"; it led to {effects}" if effects else ""
            )
            yield f"    - Status: {status}"
        yield from ("", "| Link | Verdict | Reason |", "|---|---|---|")
        for state in self.now.links:
            yield f"| {state.link.value} | {_LINKS[state.verdict]} | {_cell(state.reason)} |"

    def _state(self, diagnosis: Diagnosis, still: set[str]) -> str:
        if not diagnosis.breaks:
            return "NOTICE"
        if diagnosis.root.code in still:
            return "❌ OPEN"
        return "✅ FIXED" if self._fixed() else "✅ GONE"

    def _fixed(self) -> bool:
        return bool(self.repair and self.repair.outcome and self.repair.outcome.kind is OutcomeKind.FIXED)

    def _verification(self) -> Iterator[str]:
        yield from ("", "## Verification results", "", "| Check | Result | Status |", "|---|---|---|")
        for row in rows(self.now, self.at, self.pages, self.files):
            yield f"| {prose(row.check)} | {_cell(row.saw)} | {_MARKS.get(row.state, _UNSEEN)} |"
        unseen = [r for r in self.now.results if r.verdict is RuleVerdict.UNKNOWN]
        if unseen:
            yield from ("", "Not checked, and why:", "")
            yield from (f"- {r.code} {code(r.rule)}: {prose(shown(r.reason))}" for r in unseen)
        left = left_out(self.now)
        if left:
            yield from ("", "What was not judged:", "", *(f"- {prose(shown(text))}" for text in left))

    def _comparison(self) -> Iterator[str]:
        yield from ("", "## Before and after", "")
        if self.then is None:
            yield "No earlier run to compare with: `liveproof report RUN --before RUN` compares two runs."
            return
        then = {row.check: row for row in rows(self.then, self.then_at, self.pages, self.files)}
        now = {row.check: row for row in rows(self.now, self.at, self.pages, self.files)}
        yield from ("| | Before | After |", "|---|---|---|")
        yield f"| **Verdict** | {_LINKS[self.then.verdict]} | {_LINKS[self.now.verdict]} |"
        checks = dict.fromkeys((*then, *now))
        changed = [check for check in checks if then.get(check) != now.get(check)]
        for check in changed:
            yield f"| {prose(check)} | {_side(then.get(check))} | {_side(now.get(check))} |"
        if len(checks) > len(changed):
            yield from ("", f"The other {len(checks) - len(changed)} checks gave the same result both times.")

    def _troubleshooting(self) -> Iterator[str]:
        yield from ("", "## Troubleshooting guide", "")
        yield 'The commands only look. `liveproof explain "…"` runs the rules behind each of them.'
        for symptom in SYMPTOMS:
            yield from ("", f"### {symptom.title.capitalize()}")
            for number, look in enumerate(symptom.looks(self.place), 1):
                codes = ", ".join(answering(self.pages, *look.questions))
                yield from ("", f"**{number}. {prose(look.what)}** ({codes})", "")
                yield block("\n".join((*look.commands, f"# Expected: {look.expected}")))

    def _performance(self) -> Iterator[str]:
        yield from ("", "## Performance impact", "")
        measured = figures(self.then, self.now)
        if not measured:
            yield "Nothing was measured: OPcache and the wire could not be asked."
            return
        yield from ("| | Before | After |", "|---|---|---|") if self.then else ("| | Measured |", "|---|---|")
        for figure in measured:
            cells = (figure.before or "-", figure.after or "-") if self.then else (figure.after,)
            yield f"| {prose(figure.name)} | {' | '.join(_cell(cell) for cell in cells)} |"
        if self.then:
            cold = "After a reload the hit ratio begins at 0, and the first requests compile what they use."
            yield from ("", f"{cold} Measure again when the cache is warm.")

    def _support(self) -> Iterator[str]:
        yield from ("", "## Support information", "", "If it persists:", "")
        where = self.place
        hints = [f"look at {code(where.log)} for errors"] if where.log else []
        hints += [f"look at {code(where.fpm_log)} and `systemctl status {where.name}`"] if where.fpm_log else []
        hints += [f"look at {code(where.nginx_log)}"] if where.nginx_log else []
        hints.append("run `liveproof check --format json` and keep its output with the ticket")
        yield from (f"{number}. {hint[0].upper()}{hint[1:]}" for number, hint in enumerate(hints, 1))
        yield from ("", "Critical files:", "")
        yield from (f"- {code(path)}: {what}" for path, what in advice.critical_files(where))

    def _end(self) -> Iterator[str]:
        result = meaning(self.now)
        yield from ("", f"## Deployment status: {headline(self.now)}", "", f"{result[0].upper()}{result[1:]}.", "")
        fpm, laravel, nginx = seen(self.now, Fpm), seen(self.now, Laravel), seen(self.now, Nginx)
        versions = [f"PHP {m.version}" for m, _ in (fpm.serving(self.now.app.pools) if fpm else ())]
        versions += [f"Laravel {laravel.version}"] if laravel and laravel.version else []
        versions += [f"nginx {nginx.version}"] if nginx and nginx.version else []
        if versions:
            yield f"**Versions**: {prose(', '.join(dict.fromkeys(versions)))}  "
        if laravel and laravel.environment:
            yield f"**Environment**: {prose(laravel.environment)}"


def _advices(title: str, given: tuple[advice.Advice, ...], mark: str, *, listed: bool = False) -> Iterator[str]:
    yield from ("", f"## {title}")
    if listed:
        yield ""
    for number, each in enumerate(given, 1):
        heading = mark.format(number)
        yield from (f"{heading}**{each.title}**",) if listed else ("", f"### {heading}{each.title}")
        body = ([block("\n".join(each.commands), each.language)] if each.commands else []) + (
            [each.note] if each.note else []
        )
        for part in body:
            indented = "\n".join(f"    {each_line}" if listed else each_line for each_line in part.split("\n"))
            yield from ("", indented)
        if listed and number < len(given):
            yield ""


# The sections, as their headings and as anchors of CommonMark's renderers have them.
_SECTIONS = (
    "Executive summary",
    "Verification results",
    "Before and after",
    "Technical analysis",
    "Fix applied",
    "100% verification steps",
    "Prevention checklist",
    "Monitoring and alerting recommendations",
    "Troubleshooting guide",
    "Performance impact",
    "Support information",
)


def _contents() -> Iterator[str]:
    """The table of contents."""
    for name in _SECTIONS:
        yield f"- [{name}](#{name.lower().replace('%', '').replace(' ', '-')})"


def _meant(page: Page | None) -> str:
    """What a fault does to a deploy: the first sentence of the rule's reason, before what it breaks here."""
    why = " ".join((page.section("Why") if page else "").split())
    first = re.match(r".+?[.;:](?= |$)", why)
    return f"{first[0].rstrip('.;:')}; " if first else ""


def _impact(diagnosis: Diagnosis, app: AppExamination) -> str:
    if not diagnosis.breaks:
        return "breaks nothing"
    codes = {finding.code for finding in diagnosis.findings}
    broken = [
        state.link.value
        for state in app.links
        if state.verdict is LinkVerdict.BROKEN and codes & set(state.reason.split(", "))
    ]
    return f"breaks {', '.join(broken)}" if broken else "breaks nothing"


def _cell(text: str) -> str:
    return cell(shown(text)) if text else ""


def _side(row: Row | None) -> str:
    return f"{_cell(row.saw)} {_MARKS.get(row.state, _UNSEEN)[0]}" if row else "-"
