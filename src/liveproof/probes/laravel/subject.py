"""One Laravel app under inspection: where it is, who looks, and what recomputes its caches."""

from collections.abc import Mapping

from liveproof.host.process.command import Identity
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.findings import Unknown
from liveproof.probes.laravel.place import Place
from liveproof.probes.laravel.recompute import Kitchen
from liveproof.store.cache import Cache


@dataclass(frozen=True, slots=True)
class Subject:
    """``kitchen`` recomputes, or tells why nothing can; ``pool`` does so with the pool's own environment.

    ``pool`` is None where the pool's environment adds nothing. ``sources`` is the signature of all that the caches are
    derived from, empty where the tree could not be walked: then nothing is remembered.
    """

    reader: Reader
    cache: Cache
    app: App
    place: Place
    kitchen: Kitchen | Unknown
    pool: Kitchen | None
    sources: str

    def below(self, path: str) -> str:
        """The path below the app; a path outside of it as it is."""
        for top in (self.app.path, self.app.real):
            if path.startswith(f"{top}/"):
                return path[len(top) + 1 :]
        return path

    def name(self, what: str) -> str:
        """The word under which the memory keeps something of this app."""
        where = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.app.real)
        return f"laravel-{what}-{where[-80:]}"


def kitchen(
    reader: Reader, app: App, place: Place, environment: Mapping[str, str], *, chroot: bool
) -> Kitchen | Unknown:
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
    return Kitchen(
        reader,
        place.php,
        app.real,
        identity,
        _trees(reader, app),
        (dotenv,) if reader.stat(dotenv) else (),
        dict(environment),
    )


def _trees(reader: Reader, app: App) -> tuple[str, ...]:
    """What the app may write to: its directory, what links lead out of it, and the temporary directories."""
    wanted = [app.real, "/tmp", "/var/tmp"]  # noqa: S108  (to be covered by an overlay)
    for part in ("storage", "storage/logs", "storage/framework", "storage/app", "bootstrap/cache", "database"):
        real = reader.resolve(f"{app.real}/{part}")
        if not any(f"{real}/".startswith(f"{tree}/") for tree in wanted):
            wanted.append(real)
    return tuple(wanted)
