"""The app under inspection, as discovery found it."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class App:
    """One PHP app that nginx serves or that was named on the command line.

    Attributes:
        path: the app's directory as it is served, symbolic links unresolved (``/var/www/x/current``).
        real: the same, resolved.
        root: the document root as nginx has it (``/var/www/x/current/public``), empty when no server block serves it.
        user, uid, gid, groups: the app's user: the pool's, unless configured. ``groups`` holds gid too.
        pools: ids of the pools that serve it (``8.2/www``).
        servers: ids of its server blocks (``file:line``).
        laravel: whether artisan and bootstrap/app.php stand in it.
    """

    path: str
    real: str
    root: str
    user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    pools: tuple[str, ...]
    servers: tuple[str, ...]
    laravel: bool

    def below(self, path: str) -> str:
        """The absolute path of something below the app, as it is served; one that is absolute already stays."""
        return path if path.startswith("/") else f"{self.path}/{path}"


@dataclass(frozen=True, slots=True)
class Apps:
    """Every app found on the host; ``reason`` tells why there is none, or what discovery could not see.

    ``refused`` tells why the directory that was named is not examined at all: it is no app, or a setting is wrong.
    """

    apps: tuple[App, ...]
    reason: str = ""
    refused: str = ""
