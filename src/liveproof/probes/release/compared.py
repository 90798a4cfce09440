"""Comparing a release with the disk, and remembering what came of it.

Two memories spare the work. The outcome is remembered with the signature of the tree: while that is the same, nothing
of the code has changed, and only files outside of the signed sections (in storage) are looked at. When it is not,
each directory that was right is remembered by its files' sizes, times and inodes, and only the others are read again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace

from liveproof.analysis.files.patterns import matcher
from liveproof.host.files.digests import Compared, Directory, compare
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.settings import Settings
from liveproof.probes.release.conversions import explain
from liveproof.probes.release.intended import Intended, Listing
from liveproof.probes.release.untracked import Known, untracked, uploads
from liveproof.store.cache import Cache

# What the walk's signature does not cover.
_UNSIGNED = ("storage", "node_modules", ".git")


@dataclass(frozen=True, slots=True)
class Result:
    """What a comparison came to; paths below the app, in ``skipped`` with why, in ``ignored`` with what ignores it."""

    compared: int = 0
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    modes: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Result") -> "Result":
        """Both together."""
        return Result(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def without(self, paths: Iterable[str], why: str) -> "Result":
        """With paths that were compared counted as not comparable after all."""
        skipped = tuple((path, why) for path in paths)
        return replace(self, skipped=self.skipped + skipped, compared=self.compared - len(skipped))


@dataclass(frozen=True, slots=True)
class _Signed:
    """What is remembered: the result for the signed sections, and what is to be compared each time.

    ``unsigned`` are the directories of the other sections, ``right`` those of them that were right.
    """

    result: Result
    unsigned: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
    right: dict[str, str]


class Comparison:
    """A release and the tree that it is compared with."""

    def __init__(self, reader: Reader, settings: Settings, app: App, files: Files, intended: Intended) -> None:
        self._reader = reader
        self._settings = settings
        self._app = app
        self._files = files
        self._intended = intended
        means = (intended.kind, intended.signature, app.root, settings.files.ignore)
        self._means = means if intended.signature else ()

    def result(self, cache: Cache) -> Result:
        """What differs.

        Raises:
            GitFailed, CannotSee: the release cannot be read.
            OSError: the app's directory cannot be opened.
        """
        signature = (*self._means, self._files.signature) if self._means and self._files.settled else ()
        found = cache.entry("release", self._app.real).memoised(signature, lambda: self._signed(cache), _Signed)
        unsigned, _ = self._compare(found.unsigned, found.right)
        uploaded = uploads(self._app, self._files, frozenset(_paths(found.unsigned)))
        return found.result + unsigned + Result(untracked=tuple(uploaded))

    def _signed(self, cache: Cache) -> _Signed:
        directories = cache.entry("release-directories", self._app.real)
        listing = self._intended.listing()
        judged = self._judged(listing.directories)
        known = directories.recall(self._means, dict[str, str]) or {}
        result, right = self._compare([entry for entry in judged if not _is_unsigned(entry[0])], known)
        strangers, ignored = self._untracked(listing)
        result += Result(skipped=tuple(listing.skipped), untracked=strangers, ignored=ignored)
        unsigned = tuple((path, tuple(wanted)) for path, wanted in judged if _is_unsigned(path))
        right_unsigned = self._compare(unsigned, known)[1]
        if right | right_unsigned != known:
            directories.keep(self._means, right | right_unsigned, dict[str, str])
        return _Signed(result, unsigned, right_unsigned)

    def _untracked(self, listing: Listing) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """PHP that the release does not have. A manifest need not name all files of a document root that is the app."""
        repository = self._intended.repository
        if repository is None and self._app.root == self._app.path:
            return (), ()
        foreign = tuple(path for path, _ in listing.skipped)
        known = Known(frozenset(_paths(listing.directories)), foreign, repository.ignored if repository else None)
        strangers, ignored = untracked(self._reader, self._app, self._files, known)
        return tuple(strangers), tuple(ignored)

    def _judged(self, directories: Sequence[Directory]) -> list[Directory]:
        """Without what the configuration ignores, and what a deploy tool keeps in a shared storage."""
        ignored = matcher(self._settings.files.ignore) if self._settings.files.ignore else None
        shared = tuple(f"{link}/" for link, _ in self._files.followed if link == "storage")
        judged = []
        for directory, files in directories:
            if self._intended.kind == "git" and shared and f"{directory}/".startswith(shared):
                continue
            at = "" if directory == "." else f"{directory}/"
            wanted = files if ignored is None else [file for file in files if not _covers(ignored, at + file[0])]
            if wanted:
                judged.append((directory, wanted))
        return judged

    def _compare(self, directories: Sequence[Directory], known: Mapping[str, str]) -> tuple[Result, dict[str, str]]:
        """Compare directories; what is right of them is to be remembered."""
        result = Result()
        right: dict[str, str] = {}
        for prefix, root in [("", self._files.root), *self._files.followed]:
            at = f"{prefix}/" if prefix else ""
            inside = [
                (below, wanted) for path, wanted in directories if (below := self._below(path, prefix)) is not None
            ]
            if not inside:
                continue
            found = compare(
                root,
                inside,
                {path[len(at) :] or ".": digest for path, digest in known.items() if path.startswith(at)},
                self._intended.algorithm,
                blobs=self._intended.kind == "git",
            )
            result += _result(at, found)
            right |= {at + path: digest for path, digest in found.right.items()}
        repository = self._intended.repository
        if repository is not None and result.changed:
            digests = dict(_digests(directories))
            changed, skipped = explain(self._reader, repository, self._app, digests, result.changed)
            result = replace(result, changed=changed)
            for why, paths in skipped.items():
                result = result.without(paths, why)
        if repository is not None and result.missing and repository.is_sparse():
            result = replace(result.without(result.missing, "not checked out (sparse checkout)"), missing=())
        return result, right

    def _below(self, path: str, prefix: str) -> str | None:
        """The path below a link that the walk followed, if that is where it lies."""
        link = next((link for link, _ in self._files.followed if path == link or path.startswith(f"{link}/")), "")
        if link != prefix:
            return None
        return path[len(link) + 1 :] or "." if link else path


def _result(at: str, found: Compared) -> Result:
    """What was compared below a directory; ``at`` stands before its paths."""

    def below(paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(at + path for path in paths)

    skipped = tuple((at + path, why) for path, why in found.unseen)
    return Result(found.count, below(found.changed), below(found.missing), skipped, below(found.modes))


def _covers(ignored: Callable[[str], bool], path: str) -> bool:
    """Whether a path or a directory that it lies in is ignored."""
    parts = path.split("/")
    return any(ignored("/".join(parts[:at])) for at in range(1, len(parts) + 1))


def _is_unsigned(directory: str) -> bool:
    return directory.partition("/")[0] in _UNSIGNED


def _paths(directories: Sequence[Directory]) -> Iterator[str]:
    return (path for path, _ in _digests(directories))


def _digests(directories: Sequence[Directory]) -> Iterator[tuple[str, str]]:
    for directory, wanted in directories:
        at = "" if directory == "." else f"{directory}/"
        for name, _, digest in wanted:
            yield at + name, digest
