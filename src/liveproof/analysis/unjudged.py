"""What no rule judges, and what keeps a link from being proven all the same. Pure."""

from collections.abc import Iterator

from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.release import Release
from liveproof.model.facts.views import View, Views
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link

_SHOWN = 3


def unjudged(
    app: App,
    settings: Settings,
    files: Files | Unknown | Absent,
    release: Release | Unknown | Absent,
    views: Views | Unknown | Absent,
) -> Iterator[tuple[Link, str]]:
    """Each link that is not proven, with the reason as a sentence for the administrator."""
    if isinstance(files, Files):
        yield from _ignored(app, settings, files, compared=isinstance(release, Release))
    if isinstance(views, Views):
        yield from _elsewhere(app, views)


def _elsewhere(app: App, views: Views) -> Iterator[tuple[Link, str]]:
    """Where a pool sees other files than liveproof, all that is judged by their content is another file's."""
    for pool, view in views.pools:
        if isinstance(view, View) and view.shadows:
            why = (
                f"pool {pool} does not see the {view.shadows[0].path} that lies on the host and was judged: see the "
                "mounts of its unit (BindPaths, PrivateTmp, ProtectHome, TemporaryFileSystem)"
            )
            yield Link.MEMORY, why
            if app.laravel:
                yield Link.CACHES, why


def _ignored(app: App, settings: Settings, files: Files, *, compared: bool) -> Iterator[tuple[Link, str]]:
    """What the configuration ignores of the app: rights and owners there are not judged, nor is its content."""
    left = tuple(sorted(files.ignored()))
    if not left:
        return
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    why = f"ignored by {settings.source('files.ignore')}: {', '.join(left[:_SHOWN])}{more}"
    yield Link.DISK, why
    if any(not path.startswith("storage/") and path != "storage" for path in left):
        if compared:
            yield Link.RELEASE, why
        if app.laravel:
            yield Link.CACHES, why
