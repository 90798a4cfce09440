"""Laravel's version, caches and views, and whether they are what their sources would give now.

What is costly (three runs of PHP) is done only when something that it depends on has changed, and at least every hour.
"""

import os
from collections.abc import Mapping, Sequence

from liveproof.analysis.files import permissions
from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.files.reader import Stat
from liveproof.host.process.command import Identity
from liveproof.host.process.user_access import READ, Answer, ask
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import NO_DOTENV, CacheFile, CompiledView, Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.probes.laravel.artisan import ArtisanRunner
from liveproof.probes.laravel.caches import Caches, package_sources, see_caches
from liveproof.probes.laravel.effective import Effective, log_files
from liveproof.probes.laravel.environment import INVALID, REFUSED, gives_key, overrides
from liveproof.probes.laravel.laravel_app import (
    LaravelApp,
    Place,
    artisan_runner,
    compiled_place,
    find_place,
    find_storage,
    pool_environment,
    sources_signature,
)
from liveproof.probes.laravel.laravel_app import dotenv as assignments
from liveproof.probes.laravel.package_caches import package_caches
from liveproof.probes.laravel.verdicts import Verdict
from liveproof.probes.laravel.views import stale_views
from liveproof.store.cache import Cache

_LIMIT = 1 << 20
_ASSET_URLS = ("ASSET_URL", "MIX_ASSET_URL")


def probe(  # noqa: PLR0917  (called with what its parameters name)
    reader: Reader,
    settings: Settings,
    cache: Cache,
    app: App,
    files: Files | Unknown | Absent,
    fpm: Fpm | Unknown | Absent,
    nginx: Nginx | Unknown | Absent,
) -> Laravel:
    """See the app's Laravel.

    Raises:
        NotThere: the app is no Laravel.
        CannotSee: its framework is not there.
    """
    if not app.laravel:
        raise NotThere("the app is not Laravel: it has no artisan or no bootstrap/app.php")
    environment, chroot = _pool(reader, app, fpm)
    dotenv = _dotenv(reader, app)
    pid = _worker(app, fpm)
    place = find_place(reader, app, environment, dotenv)
    pool_runner = artisan_runner(reader, app, place, environment, chroot=chroot) if environment else None
    laravel = LaravelApp(
        reader,
        cache,
        app,
        place,
        artisan_runner(reader, app, place, {}, chroot=chroot),
        pool_runner if isinstance(pool_runner, ArtisanRunner) else None,
        _sources(reader, app, place, files, environment),
    )
    found, recomputed = see_caches(laravel, recompute=settings.recompute)
    rules = found.effective
    unseen = Unknown(found.reason or "the effective configuration is not known")
    stale = _views(laravel, rules, recomputed) if rules and settings.recompute else unseen
    no_dotenv = _no_dotenv(laravel, pid) or (INVALID if REFUSED in found.reason else "")
    if no_dotenv and isinstance(stale, tuple) and stale:
        stale = Unknown(f"what the views compile to without .env ({no_dotenv}) is not what they compile to with it")
    compiled = rules.compiled if rules else ""
    storage = find_storage(laravel, {**dotenv, **environment}, compiled)
    runner = laravel.runner
    return Laravel(
        version=laravel.place.version,
        php=laravel.place.php,
        environment=rules.environment if rules else "",
        debug=rules.debug if rules and rules.debug is not None else unseen,
        caches=_caches(laravel, found, pid),
        stale_views=stale,
        missing_providers=found.missing,
        packages_differ=found.verdicts["packages"].differs,
        log_files=log_files(rules, reader.now()) if rules else unseen,
        timezone=rules.timezone if rules else "",
        compiled=laravel.below(compiled),
        recomputed=not found.reason,
        views_compile=isinstance(stale, tuple)
        and bool(stale)
        and isinstance(runner, ArtisanRunner)
        and runner.caches_views(recomputed),
        storage=storage,
        views=compiled_place(laravel, compiled, storage),
        dotenv=no_dotenv,
        log_streams=rules.streams if rules else (),
        down=_down(laravel, storage),
        cache_driver=rules.cache_driver if rules else "",
        cache_path=rules.cache_path if rules and rules.cache_driver == "file" else "",
        overrides=overrides(reader, app, fpm, nginx, dotenv),
        elsewhere=found.elsewhere,
        package_caches=package_caches(laravel, lambda: package_sources(laravel)),
        keyed=gives_key(reader, app, fpm, nginx) if no_dotenv else True,
        assets_elsewhere=_assets_elsewhere(rules, {**dotenv, **environment}),
    )


def _assets_elsewhere(rules: Effective | None, variables: Mapping[str, str]) -> bool:
    """Whether the configuration, or the variables where it is not known, give built assets an address of their own."""
    return rules.assets_elsewhere if rules else any(variables.get(name) for name in _ASSET_URLS)


def _down(laravel: LaravelApp, storage: str | Unknown) -> float | Unknown:
    """When maintenance mode began."""
    if isinstance(storage, Unknown):
        return storage
    path = os.path.join(laravel.app.path, storage, "framework/down")
    try:
        status = laravel.reader.stat(path)
    except OSError as error:
        return Unknown(f"whether the app is in maintenance mode: {path}: {error.strerror or error}")
    return status.mtime_ns / 1e9 if status else 0.0


def _sources(
    reader: Reader, app: App, place: Place, files: Files | Unknown | Absent, environment: dict[str, str]
) -> tuple[object, ...]:
    if not isinstance(files, Files) or files.unreadable:
        return ()
    variables = tuple(sorted(environment.items()))
    return sources_signature(reader, app, place, (files.sources, variables))


def _caches(laravel: LaravelApp, found: Caches, pid: int) -> tuple[CacheFile, ...]:
    statuses: dict[str, Stat | OSError | None] = {}
    for path in laravel.place.caches.values():
        try:
            statuses[path] = laravel.reader.stat(path)
        except OSError as error:  # a loop of links: something is there, and nobody can read it
            statuses[path] = error
    files = [path for path, status in statuses.items() if isinstance(status, Stat)]
    reads = _readable(laravel.reader, files, laravel.app, pid)
    caches = []
    for kind, path in laravel.place.caches.items():
        status, verdict = statuses[path], found.verdicts.get(kind) or Verdict(Unknown("it was not looked at"))
        if isinstance(status, Stat):
            caches.append(
                CacheFile(
                    kind, laravel.below(path), True, status.size, status.mtime_ns, status.uid, status.gid,
                    status.permissions, reads[path], verdict.fresh, verdict.differs, kind in found.broken,
                    verdict.loses,
                )
            )  # fmt: skip
        else:
            exists, fresh = status is not None, Unknown(f"{path}: {status.strerror}") if status else verdict.fresh
            caches.append(CacheFile(kind, laravel.below(path), exists, 0, 0, 0, 0, 0, False, fresh, ()))
    return tuple(caches)


def _worker(app: App, fpm: Fpm | Unknown | Absent) -> int:
    """A process of the app's pool, in whose view of the file system access is asked; 0 when none runs."""
    served = fpm.serving(app.pools) if isinstance(fpm, Fpm) else ()
    return next((worker.pid for _, pool in served for worker in pool.workers), 0)


def _views(
    laravel: LaravelApp, rules: Effective, recomputed: Mapping[str, bytes]
) -> tuple[CompiledView, ...] | Unknown:
    try:
        stale, unproven = stale_views(laravel, rules, recomputed)
    except CannotSee as error:
        return Unknown(str(error))
    except OSError as error:
        return Unknown(f"{error.filename or rules.compiled}: {error.strerror}")
    if unproven and not stale:
        return Unknown(
            f"these views do not compile, or not to the same twice: {', '.join(map(laravel.below, unproven[:5]))}"
        )
    return tuple(
        CompiledView(laravel.below(view.source), laravel.below(f"{rules.compiled}/{view.name}"), why)
        for view, why in stale
    )


def _no_dotenv(laravel: LaravelApp, pid: int) -> str:
    """Why the app's user gets nothing from ``.env``; empty where it does."""
    reader, app, path = laravel.reader, laravel.app, f"{laravel.app.real}/.env"
    try:
        status = reader.stat(path)
        if status is None:
            link = reader.stat(path, follow=False)
            return "it is a link that leads nowhere" if link else NO_DOTENV
    except OSError as error:
        return f"it cannot be looked at: {error.strerror}"
    if not status.is_file:
        return "it is not a file"
    return "" if _readable(reader, [path], app, pid)[path] else f"{app.user} cannot read it"


def _readable(reader: Reader, paths: Sequence[str], app: App, pid: int) -> dict[str, bool]:
    """By path: asked of the kernel in the view of ``pid`` (a worker; 0: our own), else by mode bits."""
    if not paths:
        return {}
    try:
        answers = ask([(path, READ) for path in paths], Identity(app.uid, app.gid, app.groups), pid)
    except CannotSee:
        return {path: _by_mode(reader, path, app) for path in paths}
    return {path: answer is Answer.ALLOWED for path, answer in zip(paths, answers, strict=True)}


def _by_mode(reader: Reader, path: str, app: App) -> bool:
    real = reader.resolve(path)
    status = reader.stat(real)
    if status is None or not permissions.permits(status.mode, status.uid, status.gid, app, permissions.READ):
        return False
    while real != "/":
        real = real.rpartition("/")[0] or "/"
        above = reader.stat(real)
        if above is None or not permissions.permits(above.mode, above.uid, above.gid, app, permissions.SEARCH):
            return False
    return True


def _dotenv(reader: Reader, app: App) -> dict[str, str]:
    try:
        return assignments(reader.read(f"{app.path}/.env", _LIMIT))
    except (OSError, CannotSee):
        return {}


def _pool(reader: Reader, app: App, fpm: Fpm | Unknown | Absent) -> tuple[dict[str, str], bool]:
    """What the app's pools hand to their workers, and whether one of them lives in a chroot."""
    environment: dict[str, str] = {}
    chroot = False
    for _, pool in fpm.serving(app.pools) if isinstance(fpm, Fpm) else ():
        chroot = chroot or bool(pool.chroot)
        try:
            environment.update(pool_environment(reader.read(pool.file, _LIMIT)))
        except (OSError, CannotSee):
            continue
    return {name: value for name, value in environment.items() if not value.startswith("$")}, chroot
