"""Which files are parsed: what the app can load, without what was never meant to be PHP of this version."""

from collections.abc import Iterator

from liveproof.analysis.laravel.composer_maps import Maps
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files

# Packages hold invalid PHP on purpose in such directories.
_UNMEANT = frozenset({"test", "tests", "fixture", "fixtures", "__fixtures__", "stub", "stubs"})
# What every start of Laravel, or of artisan, loads from its own tree.
_LARAVEL = ("app/", "bootstrap/", "config/", "database/", "lang/", "resources/lang/", "routes/")
_STARTS = ("artisan", "bootstrap/app.php", "public/index.php")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file, by its absolute path.

    Attributes:
        loaded: the app loads it as it is: what does not parse is a fault, whatever the reason.
        holds: it held code when it was made: it must not be empty. ``classes``: and a class.
    """

    path: str
    loaded: bool
    holds: bool
    classes: bool


def candidates(app: App, files: Files, maps: Maps | None, held: frozenset[str]) -> tuple[Candidate, ...]:
    """The files, those that matter most first.

    Args:
        app: the app.
        files: the walk of its tree.
        maps: what Composer's autoloader knows; None where that is not known.
        held: scripts of the app that a pool has in its OPcache.
    """
    vendor = f"{files.real('vendor')}/", f"{app.real}/vendor/"
    classes = frozenset(maps.classes.values()) if maps else frozenset()
    always = frozenset(maps.files) if maps else frozenset()
    found: dict[str, Candidate] = {}
    own = sorted(_own(app, files, maps, vendor, classes, held), key=lambda one: not one.loaded)
    for one in own:
        found[one.path] = one
    for path in (*sorted(always), *_autoloaders(files)):
        found.setdefault(path, Candidate(path, True, False, False))
    for path in (*sorted(held), *_packages(files, maps, classes)):
        meant = path in held or not _unmeant(path)
        if meant and path not in found:
            found[path] = Candidate(path, path in held, path in classes, path in classes)
    return tuple(found.values())


def _own(  # noqa: PLR0917  (what decides, each by name)
    app: App,
    files: Files,
    maps: Maps | None,
    vendor: tuple[str, ...],
    classes: frozenset[str],
    held: frozenset[str],
) -> Iterator[Candidate]:
    places = tuple(
        f"{directory}/"
        for directories in (maps.namespaces.values() if maps else ())
        for directory in directories
        if not directory.startswith(vendor)
    )
    for section in ("code", "public"):
        for path in _paths(files, section):
            real = files.real(path)
            known = real in classes or real in held or path in _STARTS
            if path.endswith(".blade.php") or (_unmeant(path) and not known):
                continue
            loaded = (
                known or (real.startswith(places) and _names_class(real)) or (app.laravel and path.startswith(_LARAVEL))
            )
            yield Candidate(real, loaded, real in classes or path in _STARTS, real in classes)


def _paths(files: Files, section: str) -> Iterator[str]:
    for kind in files.classes:
        if kind.section == section and kind.kind == "f":
            yield from (path for path in kind.paths() if path.endswith(".php") or path == "artisan")


def _autoloaders(files: Files) -> Iterator[str]:
    """What Composer itself wrote; all of it is loaded by every request, or may be."""
    for path in _paths(files, "vendor"):
        if path == "vendor/autoload.php" or (path.startswith("vendor/composer/") and path.count("/") == 2):
            yield files.real(path)


def _packages(files: Files, maps: Maps | None, classes: frozenset[str]) -> Iterator[str]:
    """Files of packages that the autoloader can find."""
    if maps is None:
        return
    places = tuple(f"{directory}/" for directories in maps.namespaces.values() for directory in directories)
    yield from sorted(classes)
    for path in _paths(files, "vendor"):
        real = files.real(path)
        if real not in classes and real.startswith(places) and _names_class(real):
            yield real


def is_usual(path: str) -> bool:
    """Whether a script would be parsed wherever it lies in the app, also when no pool has loaded it."""
    return path.endswith(".php") and not _unmeant(path)


def _names_class(path: str) -> bool:
    """Whether it can be a class's file: ``bootstrap80.php`` is included where somebody asks for the version first."""
    return path.rpartition("/")[2][:1].isupper()


def _unmeant(path: str) -> bool:
    return not _UNMEANT.isdisjoint(path.lower().split("/")[:-1])
