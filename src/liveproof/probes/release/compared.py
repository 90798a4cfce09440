"""Comparing a release with the disk, and remembering what came of it.

Two memories spare the work. The outcome is remembered with the signature of the tree: while that is the same, nothing
of the code has changed, and only files outside of the signed sections (in storage) are looked at. When it is not,
each directory that was right is remembered by its files' sizes, times and inodes, and only the others are read again.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

from liveproof.analysis.patterns import matcher
from liveproof.host.files.digests import Directory, compare
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.settings import Settings
from liveproof.probes.release.conversions import settle
from liveproof.probes.release.intended import Intended, Listing
from liveproof.probes.release.told import Told
from liveproof.probes.release.untracked import Known, untracked, uploads
from liveproof.store.cache import Cache

_FORMAT = "3"
# What the walk's signature does not cover.
_UNSIGNED = ("storage", "node_modules", ".git")


class Comparison:
    """A release and the tree that it is compared with."""

    def __init__(self, reader: Reader, settings: Settings, app: App, files: Files, intended: Intended) -> None:
        self._reader = reader
        self._settings = settings
        self._app = app
        self._files = files
        self._intended = intended
        self._means = " ".join((_FORMAT, intended.kind, intended.signature, app.root, *settings.files.ignore))
        self._name = f"release-{hashlib.sha256(app.real.encode(errors='surrogateescape')).hexdigest()[:12]}"

    def told(self, cache: Cache) -> Told:
        """What differs.

        Raises:
            GitFailed, CannotSee: the release cannot be read.
            OSError: the app's directory cannot be opened.
        """
        signature = f"{self._means} {self._files.signature}"
        kept = cache.recall(self._name, signature) if self._files.settled else None
        if kept is not None:
            told = Told(**kept["signed"])
            told.skipped = [(path, why) for path, why in told.skipped]
            told.ignored = [(path, source) for path, source in told.ignored]
            told.join(self._compare(kept["unsigned"], kept["right"])[0])
            told.untracked += self._uploads(kept["unsigned"])
            return told
        listing = self._intended.listing()
        judged = self._judged(listing.directories)
        known = cache.recall(f"{self._name}-directories", self._means) or {}
        signed, right = self._compare([entry for entry in judged if not _is_unsigned(entry[0])], known)
        signed.skipped += listing.skipped
        signed.untracked, signed.ignored = self._untracked(listing)
        apart = [entry for entry in judged if _is_unsigned(entry[0])]
        unsigned, right_apart = self._compare(apart, known)
        if right | right_apart != known:
            cache.keep(f"{self._name}-directories", self._means, right | right_apart)
        if self._files.settled:
            kept = {"signed": asdict(signed), "unsigned": apart, "right": right_apart}
            cache.keep(self._name, signature, kept)
        signed.join(unsigned)
        signed.untracked += self._uploads(apart)
        return signed

    def _untracked(self, listing: Listing) -> tuple[list[str], list[tuple[str, str]]]:
        """PHP that the release does not have. A manifest need not name all files of a document root that is the app."""
        repository = self._intended.repository
        if repository is None and self._app.root == self._app.path:
            return [], []
        foreign = tuple(path for path, _ in listing.skipped)
        known = Known(frozenset(_paths(listing.directories)), foreign, repository.ignored if repository else None)
        return untracked(self._reader, self._app, self._files, known)

    def _uploads(self, directories: Sequence[Directory]) -> list[str]:
        return uploads(self._app, self._files, frozenset(_paths(directories)))

    def _judged(self, directories: Sequence[Directory]) -> list[Directory]:
        """Without what the configuration ignores, and what a deploy tool keeps in a shared storage."""
        ignored = matcher(self._settings.files.ignore) if self._settings.files.ignore else None
        shared = tuple(f"{link}/" for link, _ in self._files.followed if link == "storage")
        judged = []
        for directory, wanted in directories:
            if self._intended.kind == "git" and shared and f"{directory}/".startswith(shared):
                continue
            at = "" if directory == "." else f"{directory}/"
            kept = wanted if ignored is None else [file for file in wanted if not _covers(ignored, at + file[0])]
            if kept:
                judged.append((directory, kept))
        return judged

    def _compare(self, directories: Sequence[Directory], known: Mapping[str, str]) -> tuple[Told, dict[str, str]]:
        """Compare directories; what is right of them is to be remembered."""
        told = Told()
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
            told.add(at, found)
            right |= {at + path: digest for path, digest in found.right.items()}
        repository = self._intended.repository
        if repository is not None and told.changed:
            settle(self._reader, repository, self._app, dict(_digests(directories)), told)
        if repository is not None and told.missing and repository.is_sparse():
            told.skip(told.missing, "not checked out (sparse checkout)")
            told.missing = []
        return told, right

    def _below(self, path: str, prefix: str) -> str | None:
        """The path below a link that the walk followed, if that is where it lies."""
        link = next((link for link, _ in self._files.followed if path == link or path.startswith(f"{link}/")), "")
        if link != prefix:
            return None
        return path[len(link) + 1 :] or "." if link else path


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
