"""Absolute paths inside a cached configuration that belong to another copy of the app than this one."""

import os
from collections.abc import Iterator

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.probes.laravel.phparray import Key, Value
from liveproof.probes.laravel.verdicts import printable

_VIEWS = "/resources/views"  # below the app's own directory in every configuration (config/view.php)


def elsewhere(reader: Reader, app: App, config: dict[Key, Value]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Dotted keys whose values lie in another copy of the app, and the directories of these copies.

    Another copy is a release beside this one, where the app is served through a link, and, where no path of the whole
    configuration lies in this app, whatever directory the views come from: the cache was built there.
    """
    texts = tuple(_texts(config))
    found = [(key, copy) for key, text in texts if (copy := _release(reader, app, text))]
    if not found and not any(text.startswith((f"{app.real}/", f"{app.path}/")) for _, text in texts):
        found = [
            (key, text.removesuffix(_VIEWS))
            for key, text in texts
            if key.startswith("view.paths.") and text.endswith(_VIEWS) and text.startswith("/")
        ]
        found = [(key, copy) for key, copy in found if reader.resolve(copy) != app.real]
    return printable(key for key, _ in found), tuple(dict.fromkeys(copy for _, copy in found))


def _release(reader: Reader, app: App, text: str) -> str:
    """The release beside the one that is served which a path lies in; empty for every other text."""
    parent = os.path.dirname(app.real)
    if app.path == app.real or not text.startswith(f"{parent}/"):
        return ""
    name = text[len(parent) + 1 :].partition("/")[0]
    copy = f"{parent}/{name}"
    if name == os.path.basename(app.real) or reader.resolve(copy) == app.real:
        return ""
    removed = text.endswith(_VIEWS) and reader.stat(copy) is None
    return copy if removed or reader.stat(f"{copy}/artisan") is not None else ""


def _texts(array: dict[Key, Value], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in array.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value.startswith("/"):
            yield f"{prefix}{key}", value
