"""The stale views of an app, compiling only what was not compiled since its sources last changed."""

from liveproof.analysis import permissions
from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import Stat
from liveproof.model.facts.apps import App
from liveproof.model.findings import Unknown
from liveproof.probes.laravel.caches import Caches
from liveproof.probes.laravel.subject import Subject
from liveproof.probes.laravel.views import Compiled, Expected, compiled_views, identity, judge


def stale_views(subject: Subject, caches: Caches) -> tuple[list[tuple[Compiled, str]], list[str]]:
    """The stale views with the reason, and the sources that cannot be compared; see ``views.judge``.

    Raises:
        CannotSee: the app cannot be run to compile them.
        OSError: a directory or file cannot be read.
    """
    rules, reader, cache = caches.effective, subject.reader, subject.cache
    assert rules is not None
    if not rules.compiled or reader.stat(rules.compiled) is None:
        return [], []
    name, sources = subject.name("views"), subject.sources
    kept = (cache.recall(name, sources) if sources else None) or {"views": {}, "expected": {}}
    views = list(compiled_views(reader, rules.compiled, kept["views"]))
    expected = {source: Expected(*told) for source, told in kept["expected"].items()}
    wanted = [view.source for view in views if view.source and view.source not in expected]
    wanted = [source for source in dict.fromkeys(wanted) if reader.stat(source)]
    if wanted and rules.views_cached:
        expected |= _compile(subject, caches, wanted)
    known = {identity(view.name, view.stat): [view.source, view.digest] for view in views}
    if sources and (wanted or known != kept["views"]):
        told = {source: [one.name, one.digest] for source, one in expected.items()}
        cache.keep(name, sources, {"views": known, "expected": told})
    return judge(reader, views, expected, rules, lambda seen: _writable(seen, subject.app))


def compiles(subject: Subject, caches: Caches) -> bool:
    """Whether ``artisan view:cache`` would work: one view that does not compile stops it."""
    return not isinstance(subject.kitchen, Unknown) and subject.kitchen.caches_views(caches.given)


def _writable(seen: Stat, app: App) -> bool:
    return permissions.permits(seen.mode, seen.uid, seen.gid, app, permissions.WRITE)


def _compile(subject: Subject, caches: Caches, wanted: list[str]) -> dict[str, Expected]:
    if isinstance(subject.kitchen, Unknown):
        raise CannotSee(subject.kitchen.reason)
    found = subject.kitchen.views(caches.given, wanted)
    return {source: found.get(source, Expected("", "")) for source in wanted}
