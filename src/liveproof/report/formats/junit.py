"""A run as a JUnit report, which GitLab, Jenkins and others show as tests: a suite per app, a test per rule.

A finding that breaks its link is a failure; what could not be seen is an error, since it was not tested; a rule that
was not asked is skipped. A link that is not proven for a reason beside the rules is a test of its own.
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from liveproof.model.examination import AppExamination
from liveproof.model.findings import Finding, Result
from liveproof.model.run_record import Record
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict
from liveproof.report.content.remedy import BY_HAND, Remedies, remedies
from liveproof.report.content.rule_pages import Pages
from liveproof.report.content.verdict import headline
from liveproof.report.formats import Context
from liveproof.report.style.escaping import shown
from liveproof.report.style.times import iso


def render(record: Record, context: Context) -> str:
    """The report of one run."""
    examination = record.examination
    root = ET.Element("testsuites", name=f"liveproof: {headline(examination)}", time=f"{examination.seconds:.3f}")
    for app in examination.apps:
        suite = _suite(root, app.app.path, examination.host, iso(examination.started))
        cases = [_Case(result, app, context.pages) for result in app.results]
        fixes = remedies(record, context.pages, app.app.path)
        for case in cases:
            case.add(suite, fixes)
        _add_links(suite, app, context.pages)
        _count(suite)
    if not examination.apps:
        suite = _suite(root, "no app", examination.host, iso(examination.started))
        none = ET.SubElement(suite, "testcase", classname="liveproof", name="an app is examined")
        ET.SubElement(none, "error", message=shown(examination.reason or "no app was examined"))
        _count(suite)
    for kind in ("tests", "failures", "errors", "skipped"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, host: str, at: str) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=shown(name), hostname=shown(host), timestamp=at)


class _Case:
    """What one rule answered of one app."""

    def __init__(self, result: Result, app: AppExamination, pages: Pages) -> None:
        self._result, self._app = result, app
        page = pages.get(result.code)
        self._title = page.title.rstrip(".") if page else result.rule
        self._link = page.link.value if page else "liveproof"

    def add(self, suite: ET.Element, fixes: Remedies) -> None:
        """The test case of it."""
        result = self._result
        case = ET.SubElement(
            suite, "testcase", classname=f"liveproof.{self._link}", name=shown(f"{result.code} {self._title}")
        )
        breaking = [finding for finding in result.findings if finding.breaks]
        notices = [finding for finding in result.findings if not finding.breaks]
        if breaking:
            failure = ET.SubElement(case, "failure", type=result.code, message=shown(breaking[0].message))
            failure.text = "\n".join(line for finding in breaking for line in _lines(finding, fixes))
        elif result.verdict is RuleVerdict.UNKNOWN or (result.verdict is RuleVerdict.FOUND and result.reason):
            ET.SubElement(case, "error", type="not checked", message=shown(result.reason))
        elif result.verdict is RuleVerdict.DISABLED:
            ET.SubElement(case, "skipped", message=shown(result.reason))
        said = [line for finding in notices for line in _lines(finding, fixes)] or list(map(shown, result.holds))
        if said and not breaking:
            ET.SubElement(case, "system-out").text = "\n".join(said)


def _lines(finding: Finding, fixes: Remedies) -> Iterator[str]:
    yield shown(finding.message)
    for evidence in finding.evidence:
        expected = f", expected {evidence.expected}" if evidence.expected else ""
        yield shown(f"{evidence.source}: saw {evidence.saw}{expected}")
    remedy = fixes.get(finding.code, BY_HAND)
    if remedy.command:
        yield shown(f"do: {remedy.command} {remedy.effect}")
    if finding.advice:
        yield shown(f"do: {finding.advice}")


def _add_links(suite: ET.Element, app: AppExamination, pages: Pages) -> None:
    """Links that are not proven although no test case above says so."""
    told = {
        pages[result.code].link
        for result in app.results
        if result.code in pages and (result.verdict is RuleVerdict.UNKNOWN or any(f.breaks for f in result.findings))
    }
    for state in app.links:
        beside = any(link is state.link for link, _ in app.unjudged)
        if state.verdict in (LinkVerdict.BROKEN, LinkVerdict.UNPROVEN) and (beside or state.link not in told):
            _add_link(suite, state.link, state.reason)


def _add_link(suite: ET.Element, link: Link, reason: str) -> None:
    case = ET.SubElement(suite, "testcase", classname="liveproof.chain", name=link.value)
    ET.SubElement(case, "error", type="not proven", message=shown(reason))


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
