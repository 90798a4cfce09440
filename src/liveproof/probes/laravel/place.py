"""Where a Laravel app keeps things: its framework and version, its caches, the PHP that runs its artisan."""

import re
from collections.abc import Mapping

from liveproof.host.errors import CannotSee
from liveproof.host.numbers import whole
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App

# Composer's place, and that of Debian's package php-laravel-framework.
_FRAMEWORKS = ("vendor/laravel/framework/src/Illuminate", "/usr/share/php/Illuminate")
_VERSION = re.compile(rb"const\s+VERSION\s*=\s*'([^']{1,40})'")
_VARIABLES = {
    "config": "APP_CONFIG_CACHE",
    "routes": "APP_ROUTES_CACHE",
    "events": "APP_EVENTS_CACHE",
    "packages": "APP_PACKAGES_CACHE",
    "services": "APP_SERVICES_CACHE",
}
_OWN = ("/usr/bin/php{}", "/usr/local/bin/php{}", "/usr/bin/php", "/usr/local/bin/php")


@dataclass(frozen=True, slots=True)
class Place:
    """``caches`` maps a kind to its absolute path, ``framework`` is the Illuminate directory, ``php`` empty if none."""

    version: str
    framework: str
    php: str
    caches: Mapping[str, str]


def find_place(reader: Reader, app: App, environment: Mapping[str, str], dotenv: Mapping[str, str]) -> Place:
    """Ask the app's own files.

    Args:
        reader: the machine.
        app: the app.
        environment: what the pool hands to its workers; names a cache's path before anything else does.
        dotenv: the app's ``.env``; Laravel reads it only where no configuration cache is there.

    Raises:
        CannotSee: no Laravel framework is found.
    """
    framework = _framework(reader, app)
    found = _VERSION.search(reader.read(f"{framework}/Foundation/Application.php", 65536))
    if not found:
        raise CannotSee(f"{framework}/Foundation/Application.php tells no version")
    version = found[1].decode(errors="replace")
    return Place(version, framework, _php(reader, app), _caches(reader, app, version, environment, dotenv))


def variables(out: str) -> dict[str, str]:
    """The environment that sends every cache to the directory ``out``."""
    return {variable: f"{out}/{kind}.php" for kind, variable in _VARIABLES.items()}


def _framework(reader: Reader, app: App) -> str:
    for place in _FRAMEWORKS:
        path = place if place.startswith("/") else f"{app.real}/{place}"
        if reader.stat(f"{path}/Foundation/Application.php"):
            return path
    raise CannotSee(f"no Laravel framework in {app.path}/vendor: run composer install")


def _caches(
    reader: Reader, app: App, version: str, environment: Mapping[str, str], dotenv: Mapping[str, str]
) -> dict[str, str]:
    major = whole(version.partition(".")[0]) or 0
    names = {kind: f"bootstrap/cache/{kind}.php" for kind in _VARIABLES}
    names["routes"] = "bootstrap/cache/routes.php" if 0 < major < 7 else "bootstrap/cache/routes-v7.php"

    def at(kind: str, told: Mapping[str, str]) -> str:
        path = told.get(_VARIABLES[kind]) or names[kind]
        return path if path.startswith("/") else f"{app.path}/{path}"

    try:
        cached = reader.stat(at("config", environment)) is not None
    except OSError:  # a loop of links
        cached = True
    told = environment if cached else {**dotenv, **environment}
    return {kind: at(kind, told) for kind in _VARIABLES}


def _php(reader: Reader, app: App) -> str:
    """The command line PHP of the pool's version, else the machine's."""
    version = app.pools[0].partition("/")[0] if app.pools else ""
    for form in _OWN:
        path = form.format(version)
        seen = reader.stat(path)
        if seen and seen.is_file and seen.mode & 0o111:
            return path
    return ""
