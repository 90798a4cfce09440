"""The files on disk against the intended release: a git commit or a manifest, signed or not.

What was compared once and has not changed since is not read again; see ``compared.py``.
"""

import time

from liveproof.host.errors import CannotSee, NoSuchThing, NotThere
from liveproof.host.git import plumbing
from liveproof.host.git.plumbing import GitFailed, NoSuchCommit, Repository
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.release import Release
from liveproof.model.settings import Settings
from liveproof.probes.release.compared import Comparison
from liveproof.probes.release.intended import Intended, of_commit, of_manifest
from liveproof.store.cache import Cache


def probe(reader: Reader, settings: Settings, cache: Cache, app: App, files: Files) -> Release:
    """Compare the app's files with the release that is named, or with HEAD of the app's own repository.

    Raises:
        NotThere: no release is named and the app is no git work tree.
        CannotSee: the release cannot be read.
    """
    clock = time.perf_counter()
    directory = _directory(reader, settings, app)
    if directory:
        return Release("directory", directory, 0, (), (), (), time.perf_counter() - clock)
    try:
        intended = _intended(reader, settings, cache, app)
        result = Comparison(reader, settings, app, files, intended).result(cache)
    except GitFailed as error:
        raise (NoSuchThing if isinstance(error, NoSuchCommit) else CannotSee)(str(error)) from error
    return Release(
        kind=intended.kind,
        intended=intended.name,
        compared=result.compared,
        changed=tuple(sorted(result.changed)),
        missing=tuple(sorted(result.missing)),
        skipped=tuple(sorted(result.skipped)),
        seconds=time.perf_counter() - clock,
        modes=tuple(sorted(result.modes)),
        untracked=tuple(sorted(result.untracked)),
        ignored=tuple(sorted(result.ignored)),
        id=intended.id,
        signed_by=intended.signed_by,
        digest=intended.digest,
    )


def _directory(reader: Reader, settings: Settings, app: App) -> str:
    """The real path of the release directory that is meant; empty when none is named."""
    named = settings.app.release
    status = reader.stat(named) if named.startswith("/") else None
    if status is None or not status.is_directory:
        return ""
    directory = reader.resolve(named)
    if settings.app.release_key:
        raise CannotSee(f"signatures are asked for ({settings.app.release_key}), and {named} is a directory")
    if directory != app.real and app.path == app.real:
        raise CannotSee(f"{app.path} is not a link to a release, so {named} is not what is served")
    return directory


def _intended(reader: Reader, settings: Settings, cache: Cache, app: App) -> Intended:
    named = settings.app.release
    key = settings.app.release_key
    if key and not named:
        raise CannotSee(f"signatures are asked for ({key}), and no signed manifest is named: --release FILE")
    if named:
        path = named if named.startswith("/") else f"{app.real}/{named}"
        status = reader.stat(path)
        if status is not None and status.is_file:
            if key or settings.app.release_id or reader.read(path, 1) == b"{":
                from liveproof.probes.release.signed import of_signed_manifest  # noqa: PLC0415  (most are not signed)

                return of_signed_manifest(reader, settings, cache, path)
            return of_manifest(reader, cache, path)
        if named.startswith("/"):
            raise NoSuchThing(f"the release manifest {path} does not exist")
        if key:
            raise CannotSee(f"signatures are asked for ({key}), and {path} is not a signed manifest but nothing at all")
    repository = _repository(app)
    if repository is not None:
        return of_commit(repository, repository.resolve(named) if named else repository.head())
    if named:
        raise NoSuchThing(
            f"release {named!r} is not a file below {app.path}, and the app is not a git work tree to look it up in"
        )
    raise NotThere("no release is named and the app is not a git repository")


def _repository(app: App) -> Repository | None:
    try:
        return plumbing.repository(app.real)
    except OSError as error:
        raise CannotSee(f"{app.path}/.git cannot be read: {error.strerror}") from error
