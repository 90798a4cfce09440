"""What packages other than Laravel's own keep below bootstrap/cache: classes and files that they name and are gone.

Livewire's components, Filament's panels and clusters, the icons of blade-icons: each a PHP file with one array, which
is read and never executed.
"""

import re
from collections.abc import Callable, Iterator

from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import signature
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import PackageCache
from liveproof.model.findings import Unknown
from liveproof.probes.laravel.laravel_app import LaravelApp
from liveproof.probes.laravel.packages import Installed, missing
from liveproof.probes.laravel.phparray import Key, Unreadable, Value, read_array
from liveproof.probes.laravel.verdicts import printable

_DIRECTORY = "bootstrap/cache"
_LIMIT = 8 * 1024 * 1024
_FILES = 50
# Left in the usual place where the environment names another one: nobody reads them.
_LARAVELS = frozenset(
    f"{_DIRECTORY}/{name}.php" for name in ("config", "routes", "routes-v7", "events", "packages", "services")
)
# Where Filament looks for more; neither directory nor namespace need be there.
_SEARCHED = ("directories", "namespaces")
_CLASS = re.compile(r"\\?[A-Za-z_]\w*(?:\\[A-Za-z_]\w*)+")
_PATH = re.compile(r"/[^\0\n*?{}<>|#^]*[^/\0\n*?{}<>|#^]")


@dataclass(frozen=True, slots=True)
class Sources:
    """``installed`` as in ``packages``; ``classmap`` is Composer's."""

    installed: Installed | Unknown
    classmap: bytes


def package_caches(laravel: LaravelApp, sources: Callable[[], Sources]) -> tuple[PackageCache, ...]:
    """Each such file with what it names and is not there; remembered while neither it nor the app changed."""
    reader, app = laravel.reader, laravel.app
    own = frozenset(laravel.below(path) for path in laravel.place.caches.values())
    paths = tuple(_files(reader, app, own | _LARAVELS))
    if not paths:
        return ()

    def judge() -> tuple[PackageCache, ...]:
        seen = sources()
        return tuple(_judged(reader, app, path, seen) for path in paths)

    files, tree = signature(reader, *(f"{app.real}/{path}" for path in paths)), laravel.signature()
    kept = (files, tree) if files and tree else ()
    return laravel.entry("package-caches").memoised(kept, judge, tuple[PackageCache, ...])


def _files(reader: Reader, app: App, known: frozenset[str]) -> Iterator[str]:
    waiting, count = [_DIRECTORY], 0
    while waiting:
        directory = waiting.pop(0)
        try:
            names = sorted(reader.list(f"{app.real}/{directory}"))
        except (OSError, CannotSee):
            continue
        for name in names:
            path = f"{directory}/{name}"
            status = reader.stat(f"{app.real}/{path}", follow=False)
            if status is None or count >= _FILES:
                continue
            if status.is_directory and directory.count("/") < 3:
                waiting.append(path)
            elif name.endswith(".php") and path not in known:
                count += 1
                yield path


def _judged(reader: Reader, app: App, path: str, sources: Sources) -> PackageCache:
    try:
        texts = tuple(dict.fromkeys(_texts(read_array(reader.read(f"{app.real}/{path}", _LIMIT)))))
    except Unreadable as error:
        return PackageCache(path, Unknown(f"what {path} names: {error}"))
    except (OSError, CannotSee) as error:
        return PackageCache(path, Unknown(f"what {path} names: {error}"))
    if isinstance(sources.installed, Unknown):
        return PackageCache(path, sources.installed)
    classes = [text.removeprefix("\\") for text in texts if _CLASS.fullmatch(text)]

    def exists(place: str) -> bool:
        return reader.stat(place) is not None

    gone = missing(classes, sources.installed, exists, sources.classmap, app.real)
    files = [text for text in texts if _PATH.fullmatch(text) and _below(app, text) and not exists(text)]
    lines = ("".join(c if c.isprintable() else "�" for c in _shown(app, place))[:200] for place in files)
    return PackageCache(path, (*printable(gone), *list(lines)[:_FILES]))


def _shown(app: App, place: str) -> str:
    return place.removeprefix(f"{app.real}/").removeprefix(f"{app.path}/")


def _below(app: App, text: str) -> bool:
    """Whether a path lies in the app or in a release beside it: others may be addresses (``/admin/login``)."""
    tops = {app.path, app.real}
    if app.path != app.real:
        tops.add(app.real.rpartition("/")[0])
    return any(text.startswith(f"{top}/") for top in tops)


def _texts(array: dict[Key, Value]) -> Iterator[str]:
    for key, value in array.items():
        if isinstance(key, str):
            yield key
        if isinstance(value, dict):
            yield from _texts(value) if not str(key).lower().endswith(_SEARCHED) else ()
        elif isinstance(value, str):
            yield value
