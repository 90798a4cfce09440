"""Which files a release has, and what they should hold."""

import os
from collections.abc import Callable, Sequence

from liveproof.attestation.manifest import BadManifest, parse
from liveproof.host.errors import CannotSee
from liveproof.host.files.digests import Directory
from liveproof.host.files.file_state import signature
from liveproof.host.git.plumbing import Repository
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.hashing import sha256
from liveproof.store.cache import Cache

MANIFEST_LIMIT = 256 * 1024 * 1024
# How git writes modes (git-ls-tree(1)): regular file, executable file, symbolic link; 160000 is a submodule.
_KINDS = {"100644": "f", "100664": "f", "100755": "x", "120000": "l"}
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a release by directory, and what cannot be compared, with the reason."""

    directories: Sequence[Directory]
    skipped: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Intended:
    """A release: ``git`` or ``manifest``, its commit or path, and how its files are digested.

    ``signature`` changes when the same name comes to mean something else, and is empty while that could not be status;
    ``listing`` reads the files, which costs. ``id`` and ``signed_by`` (a key's id) are those of a signed manifest;
    ``digest`` as in the fact.
    """

    kind: str
    name: str
    algorithm: str
    signature: str
    listing: Callable[[], Listing]
    repository: Repository | None = None
    id: str = ""
    signed_by: str = ""
    digest: str = ""


def of_commit(repository: Repository, commit: str) -> Intended:
    """A commit of the app's own repository."""
    algorithm = "sha256" if len(commit) == 64 else "sha1"
    means = f"{commit} {repository.settings()}"
    return Intended("git", commit, algorithm, means, lambda: _of_tree(repository, commit), repository, digest=commit)


def of_manifest(reader: Reader, cache: Cache, path: str) -> Intended:
    """A file that sha256sum(1) wrote."""
    status = reader.stat(path)
    if status is None:
        raise CannotSee(f"the release manifest {path} does not exist")
    if status.size > MANIFEST_LIMIT:
        raise CannotSee(f"the release manifest {path} is larger than {MANIFEST_LIMIT >> 20} MB")
    means = signature(reader, path)

    def digest() -> str:
        return sha256(reader.read(path, MANIFEST_LIMIT))

    found = cache.entry("release-digest", path).memoised(means, digest, str)
    return Intended("manifest", path, "sha256", means, lambda: _of_manifest(reader, path, found), digest=found)


def _of_tree(repository: Repository, commit: str) -> Listing:
    directories: dict[str, list[tuple[str, str, str]]] = {}
    skipped = []
    for entry in repository.files(commit):
        kind = _KINDS.get(entry.mode)
        if kind is None:
            why = "a submodule" if entry.mode == _SUBMODULE else f"mode {entry.mode}"
            skipped.append((entry.path, f"{why} is not compared"))
            continue
        directory, _, name = entry.path.rpartition("/")
        directories.setdefault(directory or ".", []).append((name, kind, entry.object))
    return Listing(list(directories.items()), skipped)


def _of_manifest(reader: Reader, path: str, digest: str) -> Listing:
    content = reader.read(path, MANIFEST_LIMIT)
    if sha256(content) != digest:
        raise CannotSee(f"the release manifest {path} was replaced while it was read")
    try:
        directories = parse(os.fsdecode(content))
    except BadManifest as error:
        raise CannotSee(f"the release manifest {path} cannot be used: {error}") from error
    if not directories:
        raise CannotSee(f"the release manifest {path} names no file")
    return Listing(directories, ())
