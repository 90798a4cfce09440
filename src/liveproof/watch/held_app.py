"""What is known of one app from several checks: the last one of everything, and later ones of some rules only."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from liveproof.check import links as judged
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, LinkState
from liveproof.model.findings import Evidence, Finding, Result
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Link, LinkVerdict
from liveproof.report.content.rule_pages import Pages
from liveproof.report.metrics import catalogue as metrics
from liveproof.report.metrics.apps import chain_samples, rule_samples
from liveproof.report.metrics.catalogue import Sample
from liveproof.report.metrics.pools import fpm_pools, opcaches

# Of a reason only that there is one matters here.
_REASON = 80
_GONE = "the app was not found by the last check"

PoolSamples = dict[str, tuple[Sample, ...]]


@dataclass(frozen=True, slots=True)
class HeldApp:
    """What is held of an app: no facts and no texts, so that it stays small.

    Attributes:
        path: the app's.
        checked: when the last check of it began, full or partial (epoch seconds).
        proof: when the last check began that proved it, 0 where none is known.
        whole: whether it was ever checked by all rules; else only what is broken is known of its chain.
        compared: whether its files were compared with a release.
        links: the chain. Only a check by all rules makes a link proven.
        results: what each rule answered last, findings without their texts.
        unjudged: links that something keeps from being proven though no rule judges it.
        pools: the ids of the pools that serve it.
        fpm, opcache: the series of each pool that was seen, with when.
    """

    path: str
    checked: float
    proof: float
    whole: bool
    compared: bool
    links: tuple[LinkState, ...]
    results: tuple[Result, ...]
    unjudged: tuple[tuple[Link, str], ...]
    pools: tuple[str, ...]
    fpm: tuple[float, PoolSamples]
    opcache: tuple[float, PoolSamples]


def held(
    app: AppExamination,
    started: float,
    before: HeldApp | None,
    *,
    selected: Collection[str] = (),
    rules: Sequence[Rule] = (),
) -> HeldApp:
    """What is known of an app after a check of it; ``selected`` are the codes that it asked, empty for all.

    After a check of some rules a link is broken by what these and the others found last. One that thereby would be
    proven, and was not before, is unproven: nobody looked at all of it at once.
    """
    path = app.app.path
    fpm, opcache = fpm_pools(app.facts, started), opcaches(app.facts)
    pools = {
        "pools": app.app.pools,
        "fpm": (started, fpm) if fpm is not None else before.fpm if before else (0.0, {}),
        "opcache": (started, opcache) if opcache is not None else before.opcache if before else (0.0, {}),
    }
    results = tuple(map(_stripped, app.results))
    last_proof = before.proof if before else 0.0
    if not selected:
        proof = max(last_proof, started) if app.verdict is LinkVerdict.PROVEN else last_proof
        links = tuple(replace(state, reason=state.reason[:_REASON]) for state in app.links)
        return HeldApp(path, started, proof, True, app.release_compared, links, results, app.unjudged, **pools)  # type: ignore[arg-type]
    kept = tuple(one for one in before.results if one.code not in selected) if before else ()
    merged = (*kept, *(one for one in results if one.code in selected))
    unjudged = before.unjudged if before and before.whole else ()
    links = judged(rules, merged, unjudged)
    if before and before.whole:
        was = {state.link: state.verdict for state in before.links}
        links = tuple(_not_raised(state, was.get(state.link)) for state in links)
    else:
        links = tuple(state for state in links if state.verdict is LinkVerdict.BROKEN)
    whole, compared = (before.whole, before.compared) if before else (False, False)
    return HeldApp(path, started, last_proof, whole, compared, links, merged, unjudged, **pools)  # type: ignore[arg-type]


def lost(app: HeldApp) -> HeldApp:
    """An app that a check of the whole host did not find, as it found none: nothing is known of it now."""
    links = tuple(LinkState(link, LinkVerdict.UNPROVEN, _GONE) for link in Link)
    return replace(app, links=links, results=(), fpm=(0.0, {}), opcache=(0.0, {}))


def app_samples(app: HeldApp, pages: Pages) -> Iterator[Sample]:
    """The series of one app, without its last proof, and those of its pools, which several apps may share."""
    yield metrics.APP_CHECKED, (app.path,), app.checked
    if app.links:
        for sample in chain_samples(app.path, app.links, release_compared=app.compared):
            if app.whole or sample[0] is not metrics.COMPARED:
                yield sample
    yield from rule_samples(app.path, app.results, pages)
    for pool in app.pools:
        yield metrics.APP_POOL, (app.path, pool), 1


def _not_raised(state: LinkState, was: LinkVerdict | None) -> LinkState:
    if state.verdict is LinkVerdict.PROVEN and was is not LinkVerdict.PROVEN:
        return LinkState(state.link, LinkVerdict.UNPROVEN, "not all of it was looked at since")
    return state


def _stripped(result: Result) -> Result:
    findings = tuple(map(_bare, result.findings))
    return replace(result, findings=findings, reason=result.reason[:_REASON], settled_by=())


def _bare(finding: Finding) -> Finding:
    return Finding("", (), (Evidence("", ""),), code=finding.code, severity=finding.severity)
