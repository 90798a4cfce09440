"""What Composer installed and what its autoloader loads; all read from files, Composer itself is not run."""

from liveproof.analysis.laravel.composer_maps import STATIC
from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.files.file_state import Inputs, State
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.composer import Composer, PlatformCheck
from liveproof.model.facts.files import Files
from liveproof.model.findings import Unknown
from liveproof.probes.composer.autoloader import see_autoloader
from liveproof.probes.composer.packages import see_installed
from liveproof.probes.composer.platform import read_platform
from liveproof.store.cache import Cache

_LIMIT = 1 << 20


def probe(reader: Reader, cache: Cache, app: App, files: Files) -> Composer:
    """See the app's vendor directory; what was found is remembered as long as no file of the app changes.

    Raises:
        NotThere: the app has no packages of Composer's.
    """
    if reader.stat(f"{app.real}/vendor/composer") is None and reader.stat(f"{app.real}/vendor/autoload.php") is None:
        if reader.stat(f"{app.real}/composer.lock") is None:
            raise NotThere("the app has no vendor directory of Composer's")
        raise CannotSee(
            f"{app.path}/composer.lock is there and vendor/composer is not: run composer install (packages that "
            "config.vendor-dir of composer.json puts elsewhere are not looked at)"
        )
    if unseen := files.unseen("vendor", "code"):
        raise CannotSee(unseen.reason)

    def look() -> tuple[Composer, Inputs]:
        return _look(reader, app, files)

    def keep(found: Composer, _: State) -> bool:
        return not isinstance(found.autoloader, Unknown)

    signature = (files.signature,) if files.settled else ()
    return cache.entry("composer", app.real).memoised_by_inputs(reader, signature, look, Composer, keep=keep)[0]


def _look(reader: Reader, app: App, files: Files) -> tuple[Composer, Inputs]:
    directory = reader.resolve(f"{app.real}/vendor/composer")
    installed, packages = see_installed(reader, app, directory)
    autoloader, outside = see_autoloader(reader, app, files, directory, packages)
    return Composer(installed, autoloader, _platform(reader, directory)), Inputs(
        (f"{app.real}/composer.lock", f"{app.real}/{STATIC}"), outside
    )


def _platform(reader: Reader, directory: str) -> PlatformCheck | Unknown:
    try:
        real = reader.read(f"{directory}/autoload_real.php", _LIMIT)
        if b"/platform_check.php'" not in real:
            return PlatformCheck(present=False)
        return read_platform(reader.read(f"{directory}/platform_check.php", _LIMIT))
    except (OSError, CannotSee) as error:
        return Unknown(f"what PHP the packages need: {error}")
