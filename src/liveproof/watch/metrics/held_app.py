"""What is known of one app from several checks: the last one of everything, and later ones of some rules only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from liveproof.check import links as judged
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, LinkState
from liveproof.model.findings import Evidence, Finding, Result
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, LinkVerdict
from liveproof.report.content.rule_pages import Pages
from liveproof.report.metrics import catalogue as metrics
from liveproof.report.metrics.apps import broken, chain_samples, rule_samples
from liveproof.report.metrics.catalogue import Sample
from liveproof.report.metrics.pools import fpm_pools, opcaches

# Of a reason only that there is one matters here.
_REASON = 80
_GONE = "the app was not found by the last check"

PoolSamples = Mapping[str, tuple[Sample, ...]]
_NOT_LOOKED: tuple[int, PoolSamples] = (0, MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class HeldApp:
    """What is held of an app: no facts and no texts, so that it stays small.

    Attributes:
        path: the app's.
        checked: when the last check of it began, full or partial (epoch seconds).
        whole: whether it was ever checked by all rules; else only what is broken is known of its chain.
        compared: whether its files were compared with a release.
        links: the chain. Only a check by all rules makes a link proven.
        results: what each rule answered last, findings without their texts.
        unjudged: links that something keeps from being proven though no rule judges it.
        pools: the ids of the pools that serve it.
        fpm, opcache: the series of each pool that was seen, with the number of the check: clocks may jump.
    """

    path: str
    checked: float = 0.0
    whole: bool = False
    compared: bool = False
    links: tuple[LinkState, ...] = ()
    results: tuple[Result, ...] = ()
    unjudged: tuple[tuple[Link, str], ...] = ()
    pools: tuple[str, ...] = ()
    fpm: tuple[int, PoolSamples] = _NOT_LOOKED
    opcache: tuple[int, PoolSamples] = _NOT_LOOKED


def held(app: AppExamination, started: float, before: HeldApp | None, rules: Sequence[Rule], number: int) -> HeldApp:
    """What is known of an app after a check of it, by all rules or by those selected; ``number`` counts checks.

    After a check of some rules a link is broken by what these and the others found last. One that thereby would be
    proven, and was not before, is unproven: nobody looked at all of it at once.
    """
    before = before or HeldApp(app.app.path)
    fpm, opcache = fpm_pools(app.facts, started), opcaches(app.facts)
    seen = replace(
        before,
        checked=started,
        pools=app.app.pools,
        fpm=before.fpm if fpm is None else (number, fpm),
        opcache=before.opcache if opcache is None else (number, opcache),
    )
    results = tuple(map(_stripped, app.results))
    if not app.selected:
        return replace(
            seen,
            whole=True,
            compared=app.release_compared,
            links=tuple(replace(state, reason=state.reason[:_REASON]) for state in app.links),
            results=results,
            unjudged=app.unjudged,
        )
    asked = set(app.selected)
    merged = (*(one for one in before.results if not {one.code, one.code[:3]} & asked), *results)
    links = judged(rules, merged, before.unjudged)
    if before.whole:
        was = {state.link: state.verdict for state in before.links}
        links = tuple(_not_raised(state, was[state.link]) for state in links)
    else:
        links = broken(links)
    return replace(seen, links=links, results=merged)


def lost(app: HeldApp) -> HeldApp:
    """An app that a check of the whole host did not find, as it found none: nothing is known of it now."""
    links = tuple(LinkState(link, LinkVerdict.UNPROVEN, _GONE) for link in Link)
    return replace(app, links=links, results=(), fpm=_NOT_LOOKED, opcache=_NOT_LOOKED)


def app_samples(app: HeldApp, pages: Pages) -> Iterator[Sample]:
    """The series of one app, without its last proof, and those of its pools, which several apps may share."""
    yield metrics.APP_CHECKED, (app.path,), app.checked
    if app.links:
        yield from chain_samples(app.path, app.links, release_compared=app.compared if app.whole else None)
    yield from rule_samples(app.path, app.results, pages)
    for pool in app.pools:
        yield metrics.APP_POOL, (app.path, pool), 1


def _not_raised(state: LinkState, was: LinkVerdict) -> LinkState:
    if state.verdict is LinkVerdict.PROVEN and was is not LinkVerdict.PROVEN:
        return LinkState(state.link, LinkVerdict.UNPROVEN, "not all of it was looked at since")
    return state


def _stripped(result: Result) -> Result:
    findings = tuple(map(_bare, result.findings))
    return replace(result, findings=findings, reason=result.reason[:_REASON], settled_by=())


def _bare(finding: Finding) -> Finding:
    return Finding("", (), (Evidence("", ""),), code=finding.code, severity=finding.severity)
