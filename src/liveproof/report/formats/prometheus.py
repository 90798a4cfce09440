"""A run in Prometheus's text format, for the textfile collector of node_exporter; docs/monitoring has how to use it."""

from collections.abc import Iterator

from liveproof.model.run_record import Record
from liveproof.model.verdicts import LinkVerdict
from liveproof.report.formats import Context
from liveproof.report.metrics import catalogue as metrics
from liveproof.report.metrics.apps import broken, chain_samples, rule_samples, run_samples
from liveproof.report.metrics.catalogue import Sample
from liveproof.report.metrics.exposition import exposition
from liveproof.report.metrics.pools import fpm_pools, opcaches

# node_exporter reads it as a user of its own, and nothing in it is a secret.
FILE_MODE = 0o644


def render(record: Record, context: Context) -> str:
    """The exposition format of one run. The last proof is told only where this run is one.

    Of a run that was narrowed to some rules only what is broken is told of the chain.
    """
    return exposition(_samples(record, context))


def _samples(record: Record, context: Context) -> Iterator[Sample]:
    examination = record.examination
    yield from run_samples(examination, record.version, len(examination.apps))
    for app in examination.apps:
        path = app.app.path
        yield metrics.APP_CHECKED, (path,), examination.started
        if app.verdict is LinkVerdict.PROVEN:
            yield metrics.PROOF, (path,), examination.started
        links = broken(app.links) if app.selected else app.links
        if links:
            yield from chain_samples(path, links, release_compared=None if app.selected else app.release_compared)
        yield from rule_samples(path, app.results, context.pages)
        yield from ((metrics.APP_POOL, (path, pool), 1.0) for pool in app.app.pools)
        for found in (fpm_pools(app.facts, examination.started), opcaches(app.facts)):
            for samples in (found or {}).values():
                yield from samples
