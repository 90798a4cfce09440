"""One Laravel app under inspection: where it keeps things, what its caches are made from, who may run its artisan."""

import base64
import os
import re
from collections.abc import Iterable, Iterator, Mapping

from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import signature
from liveproof.host.numbers import whole
from liveproof.host.process.command import Identity
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.findings import Unknown
from liveproof.probes.laravel.artisan import ArtisanRunner, failure
from liveproof.store.cache import Cache, Entry

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
_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*$")
_POOL = re.compile(r"^\s*env\[\s*([A-Za-z_][A-Za-z0-9_]*)\s*\]\s*=\s*(.*?)\s*$")

_STORAGE_PATH = "LARAVEL_STORAGE_PATH"
_MOVED = re.compile(rb"useStoragePath|path\.storage|" + _STORAGE_PATH.encode())
_CODE = ("bootstrap/app.php", "public/index.php", "app/Providers/AppServiceProvider.php")
_VIEWS = "/framework/views"
_LIMIT = 1 << 20
_MARK = "liveproof storage "
# A provider that fails leaves the path as it was set before.
_TELL_STORAGE = r"""
require './vendor/autoload.php';
$app = require './bootstrap/app.php';
try {
    $app->make(Illuminate\Contracts\Console\Kernel::class)->bootstrap();
} catch (Throwable $error) {
}
echo "\nliveproof storage ", base64_encode($app->storagePath()), "\n";
"""


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
        raise CannotSee(f"{framework}/Foundation/Application.php shows no version")
    version = found[1].decode(errors="replace")
    return Place(version, framework, _php(reader, app), _caches(reader, app, version, environment, dotenv))


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

    def at(kind: str, variables: Mapping[str, str]) -> str:
        path = variables.get(_VARIABLES[kind]) or names[kind]
        return path if path.startswith("/") else f"{app.path}/{path}"

    try:
        cached = reader.stat(at("config", environment)) is not None
    except OSError:  # a loop of links
        cached = True
    variables = environment if cached else {**dotenv, **environment}
    return {kind: at(kind, variables) for kind in _VARIABLES}


def _php(reader: Reader, app: App) -> str:
    """The command line PHP of the pool's version, else the machine's."""
    for form in _OWN:
        path = form.format(_php_version(app))
        status = reader.stat(path)
        if status and status.is_file and status.mode & 0o111:
            return path
    return ""


def _php_version(app: App) -> str:
    return app.pools[0].partition("/")[0] if app.pools else ""


@dataclass(frozen=True, slots=True)
class LaravelApp:
    """``runner`` recomputes the caches, or is why nothing can; ``pool_runner`` does so with the pool's environment.

    ``pool_runner`` is None where the pool's environment adds nothing. ``sources`` is the signature of all that the
    caches are derived from, empty where the tree could not be walked: then nothing is remembered.
    """

    reader: Reader
    cache: Cache
    app: App
    place: Place
    runner: ArtisanRunner | Unknown
    pool_runner: ArtisanRunner | None
    sources: tuple[object, ...]

    def below(self, path: str) -> str:
        """The path below the app; a path outside of it as it is."""
        for top in (self.app.path, self.app.real):
            if path.startswith(f"{top}/"):
                return path[len(top) + 1 :]
        return path

    def entry(self, what: str) -> Entry:
        """What is remembered of this app under a plain word."""
        return self.cache.entry(f"laravel-{what}", self.app.real)

    def signature(self) -> tuple[object, ...]:
        """Changes with ``sources`` and with each of the live caches; empty while nothing may be remembered."""
        caches = signature(self.reader, *self.place.caches.values())
        return (self.sources, caches) if self.sources and caches else ()


def sources_signature(reader: Reader, app: App, place: Place, also: Iterable[object]) -> tuple[object, ...]:
    """Changes whenever ``.env``, the framework, PHP or whom it runs as changes, or something in ``also``.

    ``also`` holds the signature of the app's own tree and the environment of its pool.
    """
    files = signature(
        reader,
        f"{app.real}/.env",
        f"{place.framework}/Foundation/Application.php",
        place.framework,
        reader.resolve(place.php) if place.php else "/usr/bin/php",
        f"/etc/php/{_php_version(app)}/cli/php.ini",
        f"/etc/php/{_php_version(app)}/cli/conf.d",
    )
    return (files, *also, app.path, app.uid, app.gid, app.groups) if files else ()


def artisan_runner(
    reader: Reader, app: App, place: Place, environment: Mapping[str, str], *, chroot: bool
) -> ArtisanRunner | Unknown:
    """What runs the app's artisan, or the reason why liveproof does not run it."""
    if not place.php:
        return Unknown("no command line PHP is installed to recompute the caches with (install the php-cli package)")
    if chroot:
        return Unknown("the pool runs in a chroot: artisan outside of it would give other paths")
    if app.uid < 0 or app.gid < 0:
        return Unknown(f"the app's user {app.user!r} is not known on this host: it would run artisan")
    if app.uid == 0:
        return Unknown("the pool runs as root, and liveproof never runs an app's code as root")
    identity = Identity(app.uid, app.gid, app.groups)
    dotenv = f"{app.real}/.env"
    return ArtisanRunner(
        place.php,
        app.real,
        identity,
        _trees(reader, app),
        (dotenv,) if reader.stat(dotenv) else (),
        dict(environment),
        {variable: f"{{out}}/{kind}.php" for kind, variable in _VARIABLES.items()},
    )


def _trees(reader: Reader, app: App) -> tuple[str, ...]:
    """What the app may write to: its directory, what links lead out of it, and the temporary directories."""
    wanted = [app.real, "/tmp", "/var/tmp"]  # noqa: S108  (to be covered by an overlay)
    for part in ("storage", "storage/logs", "storage/framework", "storage/app", "bootstrap/cache", "database"):
        real = reader.resolve(f"{app.real}/{part}")
        if not any(f"{real}/".startswith(f"{tree}/") for tree in wanted):
            wanted.append(real)
    return tuple(wanted)


def dotenv(content: bytes) -> dict[str, str]:
    """The plain assignments of a ``.env`` file; the last one of a name wins, ``${…}`` is left as it stands.

    Enough to find paths that must be known before Laravel runs; what the app really sees, Laravel itself tells.
    """
    return {name: _unquoted(value) for name, value in _assignments(content, _LINE)}


def pool_environment(configuration: bytes) -> dict[str, str]:
    """The ``env[NAME] = value`` lines of a pool's file (php.net, FPM configuration)."""
    return {name: _unquoted(value) for name, value in _assignments(configuration, _POOL)}


def _assignments(content: bytes, form: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    for line in content.decode(errors="surrogateescape").splitlines():
        if found := form.match(line):
            yield found[1], found[2]


def _unquoted(value: str) -> str:
    for quote in "\"'":
        if value.startswith(quote):
            return value[1:].partition(quote)[0]
    return re.split(r"\s+[#;]", value, maxsplit=1)[0]


def find_storage(laravel: LaravelApp, environment: Mapping[str, str], compiled: str) -> str | Unknown:
    """The storage directory (below the app, or absolute), or why it cannot be told.

    Where neither the environment, nor the code that starts the app, nor the place of the compiled views speaks of
    another one, it is where Laravel's skeleton has it.

    Args:
        laravel: the app.
        environment: what the pool and ``.env`` say.
        compiled: the directory of the compiled views, empty if unknown.
    """
    moved = compiled.endswith(_VIEWS) and compiled_place(laravel, compiled, "storage") != f"storage{_VIEWS}"
    if _STORAGE_PATH not in environment and not moved and not any(_speaks(laravel, path) for path in _CODE):
        return "storage"
    unknown = "where Laravel's storage lies is not known"
    runner = laravel.pool_runner or laravel.runner
    if isinstance(runner, Unknown):
        return Unknown(f"{unknown}: {runner.reason}")
    try:
        return laravel.entry("storage").memoised(laravel.signature(), lambda: _ask_storage(laravel, runner), str)
    except (CannotSee, OSError, ValueError) as error:
        return Unknown(f"{unknown}: {error}")


def compiled_place(laravel: LaravelApp, compiled: str, storage: str | Unknown) -> str:
    """The directory of the compiled views, by its path below the storage where it lies there, links followed."""
    if not compiled or isinstance(storage, Unknown):
        return laravel.below(compiled)
    usual = f"{storage}{_VIEWS}"
    whole = os.path.join(laravel.app.real, usual)
    return usual if laravel.reader.resolve(whole) == laravel.reader.resolve(compiled) else laravel.below(compiled)


def _ask_storage(laravel: LaravelApp, runner: ArtisanRunner) -> str:
    # Only the web's own front controller runs public/index.php: what it moves, no command line tells.
    front = f"{laravel.app.root or laravel.app.path + '/public'}/index.php"
    if re.search(rb"useStoragePath|path\.storage", _text(laravel, front)):
        raise CannotSee(f"{front} moves it for requests only")
    what = "starting the app"
    ran, _ = runner.script(what, _TELL_STORAGE, in_place=True)
    lines = [line for line in ran.text.splitlines() if line.startswith(_MARK)]
    if not lines:
        raise CannotSee(failure(what, ran))
    path = os.fsdecode(base64.b64decode(lines[-1][len(_MARK) :].strip()))
    return laravel.below(os.path.normpath(os.path.join(laravel.app.real, path)))


def _speaks(laravel: LaravelApp, path: str) -> bool:
    return bool(_MOVED.search(_text(laravel, f"{laravel.app.real}/{path}")))


def _text(laravel: LaravelApp, path: str) -> bytes:
    try:
        return laravel.reader.read(path, _LIMIT)
    except (OSError, CannotSee):
        return b""
