"""Carries out what an installation, or its removal, is made of: files first noted, then written or removed."""

from collections.abc import Iterable

from liveproof.install import manifest as manifests
from liveproof.install import writing
from liveproof.install.changes import Change, Kind
from liveproof.install.manifest import Manifest


class Stopped(Exception):
    """A file could not be written or removed; the message names it and why. What was done before is known."""


def carry_out(changes: Iterable[Change], before: Manifest, version: str) -> None:
    """Write and remove.

    What is written is noted beforehand with the digests of both contents, so that the next installation knows one that
    was cut off.

    Raises:
        Stopped: a file cannot be written or removed.
    """
    changes = tuple(changes)
    after = {change.path: change.digests for change in changes if change.digests and change.kind is not Kind.REMOVED}
    made = writing.missing_directories(change.path for change in changes if change.write)
    directories = tuple(dict.fromkeys((*before.directories, *made)))
    meanwhile = {
        path: tuple(dict.fromkeys((*before.digests(path), *after.get(path, ())))) for path in _paths(before, after)
    }
    _note(Manifest(version, tuple(meanwhile.items()), directories))
    for change in changes:
        try:
            if change.kind is Kind.REMOVED:
                writing.remove(change.path)
            elif change.write:
                writing.put(change.write)
        except OSError as error:
            raise Stopped(f"{error.filename or change.path}: {error.strerror or error}") from None
    left = tuple(path for path in directories if any(f"{each}/".startswith(f"{path}/") for each in after))
    for path in sorted(set(directories) - set(left), reverse=True):
        writing.remove_directory(path)
    _note(Manifest(version, tuple(after.items()), left))


def forget() -> None:
    """Remove the list of what was installed.

    Raises:
        Stopped: it cannot be removed.
    """
    try:
        writing.remove(manifests.path())
    except OSError as error:
        raise Stopped(f"{manifests.path()}: {error.strerror or error}") from None


def _paths(before: Manifest, after: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(path for path, _ in before.files), *after)))


def _note(manifest: Manifest) -> None:
    try:
        manifests.save(manifest)
    except OSError as error:
        raise Stopped(f"{manifests.path()}: {error.strerror or error}") from None
