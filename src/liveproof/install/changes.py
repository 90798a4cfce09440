"""What an installation or its removal does to each file: a file that somebody has changed since is never touched."""

from collections.abc import Iterable, Iterator
from enum import Enum

from liveproof.install import writing
from liveproof.install.file import File, digest
from liveproof.install.manifest import Manifest
from liveproof.model.dataclass import dataclass

SUFFIX = ".liveproof-new"


class Kind(Enum):
    """What is done; the value is how it is told."""

    NEW = "new"
    REPLACED = "replaced"
    SAME = "unchanged"
    KEPT = "kept"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """What is done at ``path``, and in ``why`` what a person should know.

    ``write`` is what is written, if anything; ``digests`` are those of the contents that are ours there from then on.
    """

    kind: Kind
    path: str
    why: str = ""
    write: File | None = None
    digests: tuple[str, ...] = ()


def install(wanted: Iterable[File], manifest: Manifest, root: str = "/") -> tuple[Change, ...]:
    """What has to be done so that the wanted files are installed, and none besides.

    Raises:
        OSError: something cannot be read.
    """
    wanted = tuple(wanted)
    changes = [change for file in wanted for change in _installed(file, manifest, root)]
    named = {change.path for change in changes} | {file.path + SUFFIX for file in wanted}
    gone = [path for path, _ in manifest.files if path not in named]
    return (*changes, *_removed(gone, manifest, root))


def uninstall(manifest: Manifest, root: str = "/") -> tuple[Change, ...]:
    """What has to be done so that nothing of an installation is left but what was changed.

    Raises:
        OSError: something cannot be read.
    """
    return tuple(_removed([path for path, _ in manifest.files], manifest, root))


def _installed(file: File, manifest: Manifest, root: str) -> Iterator[Change]:
    ours = manifest.digests(file.path)
    found = writing.standing(file.path, root)
    beside = File(file.path + SUFFIX, file.content, f"the new {file.path.rpartition('/')[2]}", file.mode)
    change = _put(file, found, ours)
    yield change
    laid = writing.standing(beside.path, root)
    if change.kind is Kind.KEPT and file.digest not in ours:
        yield _put(beside, laid, manifest.digests(beside.path))
    elif laid and _is_ours(laid, manifest.digests(beside.path)):
        yield Change(Kind.REMOVED, beside.path, "no longer needed")


def _put(file: File, found: writing.Standing | None, ours: tuple[str, ...]) -> Change:
    digests = (file.digest,)
    if found is None:
        return Change(Kind.NEW, file.path, file.purpose, file, digests)
    if found.content == file.content and found.mode == file.mode:
        return Change(Kind.SAME, file.path, file.purpose, None, digests)
    if found.content == file.content or _is_ours(found, ours):
        return Change(Kind.REPLACED, file.path, file.purpose, file, digests)
    return Change(Kind.KEPT, file.path, _whose(found, ours), None, ours)


def _removed(paths: Iterable[str], manifest: Manifest, root: str) -> Iterator[Change]:
    for path in paths:
        found = writing.standing(path, root)
        if found is None:
            continue
        if _is_ours(found, manifest.digests(path)):
            yield Change(Kind.REMOVED, path)
        else:
            yield Change(Kind.KEPT, path, _whose(found, manifest.digests(path)), None, manifest.digests(path))


def _is_ours(found: writing.Standing, ours: tuple[str, ...]) -> bool:
    return found.content is not None and digest(found.content) in ours


def _whose(found: writing.Standing, ours: tuple[str, ...]) -> str:
    if found.content is None:
        return f"it is {found.kind}"
    return "somebody has changed it" if ours else "it was there before"
