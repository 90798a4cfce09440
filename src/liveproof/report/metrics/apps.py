"""What a run says of an app as samples: verdicts, findings, and what could not be seen."""

from collections import Counter
from collections.abc import Iterable, Iterator

from liveproof.model.examination import Examination, LinkState, weakest
from liveproof.model.findings import Result
from liveproof.model.verdicts import LinkVerdict, RuleVerdict
from liveproof.report.content.rule_pages import Pages
from liveproof.report.metrics import catalogue as metrics
from liveproof.report.metrics.catalogue import Sample

# The verdict of an app is never "not asked".
_OF_APP = (LinkVerdict.PROVEN, LinkVerdict.BROKEN, LinkVerdict.UNPROVEN)


def run_samples(examination: Examination, version: str, apps: int | None) -> Iterator[Sample]:
    """When the host was looked at, for how long and by which liveproof; ``apps`` there are, None where not known."""
    yield metrics.BUILD, (version,), 1
    if apps is not None:
        yield metrics.APPS, (), apps
    yield metrics.CHECKED, (), examination.started
    yield metrics.DURATION, (), examination.seconds


def broken(links: Iterable[LinkState]) -> tuple[LinkState, ...]:
    """The links that are broken: all that a check of some rules only can say of a chain."""
    return tuple(state for state in links if state.verdict is LinkVerdict.BROKEN)


def chain_samples(app: str, links: Iterable[LinkState], *, release_compared: bool | None) -> Iterator[Sample]:
    """The verdict of an app and of each of its links; ``release_compared`` is None where nobody asked."""
    states = tuple(links)
    verdict = weakest(state.verdict for state in states)
    for one in _OF_APP:
        yield metrics.APP_VERDICT, (app, one.value), one is verdict
    for state in states:
        for one in LinkVerdict:
            labels = (app, state.link.value, one.value.replace(" ", "_"))
            yield metrics.LINK_VERDICT, labels, one is state.verdict
    if release_compared is not None:
        yield metrics.COMPARED, (app,), release_compared


def rule_samples(app: str, results: Iterable[Result], pages: Pages) -> Iterator[Sample]:
    """What each rule found, and which could not see.

    A rule that looked and found nothing is 0 under its own severity. One that found something may have left something
    unseen besides; it then counts as both.
    """
    for result in results:
        if result.verdict is RuleVerdict.DISABLED:
            continue
        unseen = result.verdict is RuleVerdict.UNKNOWN or bool(result.reason)
        yield metrics.UNKNOWN, (app, result.code), unseen
        page = pages.get(result.code)
        if result.verdict is RuleVerdict.OK and page:
            yield metrics.FINDINGS, (app, result.code, page.severity.value), 0
        found = Counter(finding.severity.value for finding in result.findings if finding.severity)
        for severity, count in found.items():
            yield metrics.FINDINGS, (app, result.code, severity), count
