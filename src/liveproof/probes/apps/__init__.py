"""The PHP apps of this host: what nginx passes to PHP, or the one that was named."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from liveproof.analysis.files.app_paths import HOME_MARKERS, MARKERS, system_directory
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App, Apps
from liveproof.model.facts.fpm import Fpm, Pool
from liveproof.model.facts.nginx import FastcgiPass, Nginx, Server
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes.apps.app_directory import app_above

_MOST_NAMES = 20000


@dataclass(frozen=True, slots=True)
class _Served:
    """A tree that a server block passes to PHP: the app's path, the document root, the block, and the pools."""

    path: str
    root: str
    server: str
    pools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _User:
    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


_NOBODY = _User("", -1, -1, ())


def probe(reader: Reader, settings: Settings, nginx: Nginx | Unknown | Absent, fpm: Fpm | Unknown | Absent) -> Apps:
    """Every app that is served, or ``settings.app.path``; server blocks that serve the same tree are one app."""
    if settings.typed("app.user") and Accounts(reader).user(settings.app.user) is None:
        return Apps((), refused=f"there is no user {settings.app.user!r} on this host")
    notes = list(_notes(nginx, fpm))
    served: list[_Served] = []
    for server in nginx.servers if isinstance(nginx, Nginx) else ():
        for one in _served(reader, server, fpm):
            if isinstance(one, str):
                notes.append(one)
            else:
                served.append(one)
    apps = []
    for app in _merged(reader, settings, fpm, served):
        if system_directory(app.real):
            notes.append(f"nginx serves {app.path}, a directory of the system, which is not judged as an app")
        else:
            apps.append(app)
    if settings.app.path:
        return _named(reader, settings, fpm, apps, notes)
    if not apps:
        notes.insert(0, "no app was found: name its directory (liveproof check PATH)")
    return Apps(tuple(apps), "; ".join(dict.fromkeys(notes)))


def _notes(nginx: Nginx | Unknown | Absent, fpm: Fpm | Unknown | Absent) -> Iterator[str]:
    """What discovery could not see."""
    if isinstance(nginx, Nginx):
        if nginx.valid is False:
            yield f"nginx refuses the configuration on disk: {nginx.errors[0] if nginx.errors else 'see nginx -t'}"
        yield from (f"of nginx's configuration this could not be read: {problem}" for problem in nginx.unread[:3])
    else:
        yield nginx.reason
    if isinstance(fpm, Fpm):
        for master in fpm.masters:
            yield from (
                f"of PHP-FPM's configuration this could not be read: {problem}" for problem in master.unread[:3]
            )
    else:
        yield fpm.reason


def _served(reader: Reader, server: Server, fpm: Fpm | Unknown | Absent) -> Iterator[_Served | str]:
    """The trees that a server block passes to PHP, or why one of them cannot be told."""
    routes = dict(fpm.routes) if isinstance(fpm, Fpm) else {}
    for one in server.passes:
        pools = tuple(dict.fromkeys(name for address in one.addresses for name in routes.get(address, ())))
        root = _root(reader, one, _chroot(fpm, pools))
        if "$" in root:
            yield f"the document root {root} of {one.file}:{one.line} holds a variable: name the app's directory"
            continue
        path = _app_path(reader, root)
        if not path and one.root != root and "$" not in one.root:
            # A script that is not where it should be: the app whose files the block serves is meant all the same.
            path, root = _app_path(reader, one.root), one.root
        if path:
            yield _Served(path, root, server.id, pools)


def _chroot(fpm: Fpm | Unknown | Absent, pools: tuple[str, ...]) -> str:
    found = fpm.serving(pools) if isinstance(fpm, Fpm) else ()
    return next((pool.chroot for _, pool in found if pool.chroot), "")


def _root(reader: Reader, one: FastcgiPass, chroot: str) -> str:
    """The directory whose scripts PHP runs: as SCRIPT_FILENAME names it, else the document root."""
    literal, dollar, _ = one.script_filename.partition("$")
    directory = literal.rstrip("/") if dollar else literal.rpartition("/")[0]
    root = directory if literal.startswith("/") and directory else one.root
    inside = f"{chroot.rstrip('/')}{root}"
    return inside if chroot and not root.startswith(f"{chroot.rstrip('/')}/") and _exists(reader, inside) else root


def _exists(reader: Reader, path: str) -> bool:
    try:
        return reader.stat(path) is not None
    except OSError:
        return True


def _app_path(reader: Reader, root: str) -> str:
    """The app of a document root: what stands above it when that is the app, else itself when it holds PHP; else empty.

    A root that is missing (a link that leads nowhere) or may not be looked at is an app all the same: it is served.
    """
    root = root.rstrip("/") or "/"
    parent, _, name = root.rpartition("/")
    try:
        if parent and reader.stat(f"{parent}/artisan") is not None:
            return parent
        status = reader.stat(root)
        if status is not None:
            return (app_above(reader, root) or root) if _holds_php(reader, root) else ""
    except OSError:
        pass
    return parent if parent and name == "public" else root


def _holds_php(reader: Reader, root: str) -> bool:
    if reader.stat(f"{root}/index.php") is not None:
        return True
    return any(name.endswith(".php") for name in reader.list(root)[:_MOST_NAMES])


def _merged(reader: Reader, settings: Settings, fpm: Fpm | Unknown | Absent, served: Iterable[_Served]) -> list[App]:
    """One app per tree, in the order of the configuration; the path is the one by which it is first served."""
    apps: dict[str, App] = {}
    for one in served:
        real = reader.resolve(one.path)
        if real in apps:
            known = apps[real]
            pools = tuple(dict.fromkeys((*known.pools, *one.pools)))
            servers = tuple(dict.fromkeys((*known.servers, one.server)))
            apps[real] = replace(known, pools=pools, servers=servers)
        else:
            apps[real] = App(
                one.path, real, one.root, "", -1, -1, (), one.pools, (one.server,), _is_laravel(reader, one.path)
            )
    return [_with_user(reader, settings, fpm, app) for app in apps.values()]


def _is_laravel(reader: Reader, path: str) -> bool:
    try:
        return all(reader.stat(f"{path}/{name}") is not None for name in ("artisan", "bootstrap/app.php"))
    except OSError:
        return False


def _with_user(reader: Reader, settings: Settings, fpm: Fpm | Unknown | Absent, app: App) -> App:
    user = _user(reader, settings, fpm, app.pools)
    return replace(app, user=user.name, uid=user.uid, gid=user.gid, groups=user.groups)


def _user(reader: Reader, settings: Settings, fpm: Fpm | Unknown | Absent, pools: tuple[str, ...]) -> _User:
    """Whom the app runs as: who is configured, else the user of its pools.

    An app whose pool is not known runs as the one user that all pools of the host share, where that is so.
    """
    if settings.app.user:
        accounts = Accounts(reader)
        account = accounts.user(settings.app.user)
        if account is None:
            return replace(_NOBODY, name=settings.app.user)
        return _User(account.name, account.uid, account.gid, accounts.groups_of(account.name, account.gid))
    if not isinstance(fpm, Fpm):
        return _NOBODY
    own = [pool for _, pool in fpm.serving(pools)]
    if own:
        return _of(own[0])
    every = {_of(pool) for master in fpm.masters for pool in master.pools}
    return every.pop() if len(every) == 1 else _NOBODY


def _of(pool: Pool) -> _User:
    return _User(pool.user, pool.uid, pool.gid, pool.groups)


def _named(reader: Reader, settings: Settings, fpm: Fpm | Unknown | Absent, apps: list[App], notes: list[str]) -> Apps:
    """The app that was named, as nginx serves it if it does."""
    path = settings.app.path.rstrip("/") or "/"
    try:
        status = reader.stat(path)
    except OSError as error:
        return Apps((), f"{path} cannot be looked at: {error.strerror or error}")
    if status is None or not status.is_directory:
        return Apps((), f"{path} {'is not a directory' if status else 'does not exist'}")
    path = _narrowed(reader, path)
    real = reader.resolve(path)
    if system_directory(real):
        return Apps((), refused=f"{path} is a directory of the system and not an app; {_NAME_ONE}")
    app = next((app for app in apps if path in (app.path, app.root)), None)
    app = app or next((app for app in apps if real in (app.real, reader.resolve(app.root))), None)
    if app is None:
        refused = _no_app(reader, path, real)
        if refused:
            return Apps((), refused=refused)
        notes.append(f"nginx passes no request to PHP for {path}")
        bare = App(path, real, "", "", -1, -1, (), (), (), _is_laravel(reader, path))
        app = _with_user(reader, settings, fpm, bare)
    return Apps((app,), "; ".join(dict.fromkeys(notes)))


_NAME_ONE = (
    "name the directory of an app (liveproof check /var/www/shop), or none to examine every app that nginx serves"
)


def _no_app(reader: Reader, path: str, real: str) -> str:
    """Why a directory that nginx does not serve is no app; empty when it may be one.

    A directory that cannot be looked into may be one.
    """
    home = real in Accounts(reader).homes()
    try:
        if any(reader.stat(f"{path}/{name}") is not None for name in (HOME_MARKERS if home else MARKERS)):
            return ""
    except OSError:
        return ""
    if home:
        return f"{path} is a home directory that nginx does not serve; {_NAME_ONE}"
    wanted = ", ".join(MARKERS)
    return f"{path} is not a PHP app: nginx does not serve it, and it holds none of {wanted}; {_NAME_ONE}"


def _narrowed(reader: Reader, path: str) -> str:
    """The app itself: above a document root, or behind the ``current`` of a directory of releases."""
    try:
        parent, _, name = path.rpartition("/")
        if name == "public" and reader.stat(f"{parent}/artisan") is not None:
            return parent
        if reader.stat(f"{path}/artisan") is None and reader.stat(f"{path}/current/artisan") is not None:
            return f"{path}/current"
    except OSError:
        return path
    return path
