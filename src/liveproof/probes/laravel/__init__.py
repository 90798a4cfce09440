"""Laravel's version, caches and views, and whether they are what their sources would give now.

What is costly (three runs of PHP) is done only when something that it depends on has changed, and at least every hour.
"""

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.laravel import CacheFile, CompiledView, Laravel
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.laravel.caches import Caches, see_caches
from liveproof.probes.laravel.environment import dotenv, pool_environment
from liveproof.probes.laravel.fingerprint import sources_signature
from liveproof.probes.laravel.logfiles import log_files
from liveproof.probes.laravel.place import find_place
from liveproof.probes.laravel.recompute import Kitchen
from liveproof.probes.laravel.rights import readable
from liveproof.probes.laravel.storage import compiled_place, find_storage
from liveproof.probes.laravel.subject import Subject, kitchen
from liveproof.probes.laravel.verdicts import Verdict
from liveproof.probes.laravel.viewmemory import compiles, stale_views
from liveproof.store.cache import Cache

_LIMIT = 1 << 20


def probe(
    reader: Reader, cache: Cache, app: App, files: Files | Unknown | Absent, fpm: Fpm | Unknown | Absent
) -> Laravel:
    """See the app's Laravel.

    Raises:
        NotThere: the app is no Laravel.
        CannotSee: its framework is not there.
    """
    if not app.laravel:
        raise NotThere("the app is no Laravel: it has no artisan or no bootstrap/app.php")
    environment, chroot = _pool(reader, app, fpm)
    subject = _subject(reader, cache, app, files, environment, chroot=chroot)
    found = see_caches(subject)
    rules = found.effective
    unseen = Unknown(found.reason or "the effective configuration is not known")
    stale = _views(subject, found) if rules else unseen
    without = _without(subject, _worker(app, fpm))
    if without and isinstance(stale, tuple) and stale:
        stale = Unknown(f"what the views compile to without .env ({without}) is not what they compile to with it")
    compiled = rules.compiled if rules else ""
    storage = find_storage(subject, {**_dotenv(reader, app), **environment}, compiled)
    return Laravel(
        version=subject.place.version,
        php=subject.place.php,
        environment=rules.environment if rules else "",
        debug=rules.debug if rules and rules.debug is not None else unseen,
        caches=_caches(subject, found, _worker(app, fpm)),
        stale_views=stale,
        missing_providers=found.missing,
        packages_differ=found.verdicts["packages"].differs,
        log_files=log_files(rules, reader.now()) if rules else unseen,
        timezone=rules.timezone if rules else "",
        compiled=subject.below(compiled),
        recomputed=not found.reason,
        views_compile=bool(stale) and isinstance(stale, tuple) and compiles(subject, found),
        storage=storage,
        views=compiled_place(subject, compiled, storage),
        dotenv=without,
        log_streams=rules.streams if rules else (),
    )


def _subject(
    reader: Reader,
    cache: Cache,
    app: App,
    files: Files | Unknown | Absent,
    environment: dict[str, str],
    *,
    chroot: bool,
) -> Subject:
    place = find_place(reader, app, environment, _dotenv(reader, app))
    tree = files.sources if isinstance(files, Files) and not files.unreadable else ""
    pool = kitchen(reader, app, place, environment, chroot=chroot) if environment else None
    return Subject(
        reader,
        cache,
        app,
        place,
        kitchen(reader, app, place, {}, chroot=chroot),
        pool if isinstance(pool, Kitchen) else None,
        sources_signature(reader, app, place, [tree, *sorted(environment.items())]) if tree else "",
    )


def _caches(subject: Subject, found: Caches, pid: int) -> tuple[CacheFile, ...]:
    places: dict[str, Stat | OSError | None] = {}
    for path in subject.place.caches.values():
        try:
            places[path] = subject.reader.stat(path)
        except OSError as error:  # a loop of links: something is there, and nobody can read it
            places[path] = error
    reads = readable(
        subject.reader, [path for path, seen in places.items() if isinstance(seen, Stat)], subject.app, pid
    )
    told = []
    for kind, path in subject.place.caches.items():
        seen, verdict = places[path], found.verdicts.get(kind) or Verdict(Unknown("it was not looked at"))
        if isinstance(seen, Stat):
            told.append(
                CacheFile(
                    kind, subject.below(path), True, seen.size, seen.mtime_ns, seen.uid, seen.gid, seen.permissions,
                    reads[path], verdict.fresh, verdict.differs, kind in found.broken, verdict.loses,
                )
            )  # fmt: skip
        else:
            exists, fresh = seen is not None, Unknown(f"{path}: {seen.strerror}") if seen else verdict.fresh
            told.append(CacheFile(kind, subject.below(path), exists, 0, 0, 0, 0, 0, False, fresh, ()))
    return tuple(told)


def _worker(app: App, fpm: Fpm | Unknown | Absent) -> int:
    """A process of the app's pool, in whose view of the file system access is asked; 0 when none runs."""
    served = fpm.serving(app.pools) if isinstance(fpm, Fpm) else ()
    return next((worker.pid for _, pool in served for worker in pool.workers), 0)


def _views(subject: Subject, found: Caches) -> tuple[CompiledView, ...] | Unknown:
    assert found.effective is not None
    try:
        stale, unproven = stale_views(subject, found)
    except CannotSee as error:
        return Unknown(str(error))
    except OSError as error:
        return Unknown(f"{error.filename or found.effective.compiled}: {error.strerror}")
    if unproven and not stale:
        return Unknown(
            f"these views do not compile, or not to the same twice: {', '.join(map(subject.below, unproven[:5]))}"
        )
    compiled = found.effective.compiled
    return tuple(
        CompiledView(subject.below(view.source), subject.below(f"{compiled}/{view.name}"), why) for view, why in stale
    )


def _without(subject: Subject, pid: int) -> str:
    """Why the app's user gets nothing from ``.env``; empty where it does."""
    reader, path = subject.reader, f"{subject.app.real}/.env"
    try:
        seen = reader.stat(path)
        if seen is None:
            link = reader.stat(path, follow=False)
            return "it is a link that leads nowhere" if link else "it is not there"
    except OSError as error:
        return f"it cannot be looked at: {error.strerror}"
    if not seen.is_file:
        return "it is no file"
    return "" if readable(reader, [path], subject.app, pid)[path] else f"{subject.app.user} cannot read it"


def _dotenv(reader: Reader, app: App) -> dict[str, str]:
    try:
        return dotenv(reader.read(f"{app.path}/.env", _LIMIT))
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
