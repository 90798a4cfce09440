"""A release as it is signed: its files, when it was made, until when it counts. An in-toto predicate of our own.

``schema/liveproof-release-predicate-1.schema.json`` describes it for others.
"""

import json
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from liveproof.attestation.envelope import STATEMENT_TYPE, BadEnvelope, statement
from liveproof.host.files.tree_digests import MOST_BYTES, MOST_FILES, Measured, unfit
from liveproof.model.dataclass import dataclass
from liveproof.model.hashing import sha256

PREDICATE_TYPE = "urn:liveproof:predicate:release:1"
# What a host has of its own: written at run time, laid by deploy tools, or secret. Secrets are not even digested.
EXCLUDED = (".git/**", ".env", "bootstrap/cache/**", "public/storage", "storage/**")
_SKEW = 300.0  # s by which clocks may differ
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@:/-]{0,127}")
_DIGEST = re.compile("[0-9a-f]{64}")
_MODE = re.compile("[0-7]{4}")
_fields = itemgetter("path", "type", "mode", "size", "sha256")
_NAMES = {"", ".", ".."}


class BadRelease(ValueError):
    """A statement that is none of a release, or names what it may not; the message says what."""


class Outdated(BadRelease):
    """A release that has expired, or is not the one that was meant."""


@dataclass(frozen=True, slots=True)
class Release:
    """What was signed. ``created`` and ``expires`` (0: never) are epoch seconds, ``exclude`` patterns left out."""

    id: str
    created: float
    expires: float
    exclude: tuple[str, ...]
    files: Sequence[Measured]
    digest: str

    def refuse_outdated(self, now: float, expected: str = "") -> None:
        """Refuse what no longer counts, or is another release than ``expected`` (empty: whichever).

        Raises:
            Outdated: with the reason.
        """
        if expected and self.id != expected:
            raise Outdated(f"it is of release {self.id}, not of {expected}: an older statement, or another app's")
        if self.expires and now >= self.expires:
            raise Outdated(f"it expired at {written(self.expires)}: sign the release again")
        if self.created > now + _SKEW:
            raise Outdated(f"it was made at {written(self.created)}, which is yet to come by this host's clock")


def digest_of(files: Iterable[Measured]) -> str:
    """The digest of a release: SHA-256 of a line for each file, sorted by path, each ending in NUL.

    A line is ``SHA256 MODE SIZE TYPE PATH`` with single blanks, the mode as four octal digits.
    """
    lines = (f"{sha} {mode:04o} {size} {kind} {path}\0" for path, kind, mode, size, sha in files)
    return sha256("".join(lines).encode())


def made(files: Sequence[Measured], id: str, exclude: tuple[str, ...], lasts: float = 0.0) -> Release:
    """A release of these files as of now, which counts for ``lasts`` seconds (0: for ever).

    Raises:
        BadRelease: the id cannot be one.
    """
    created = float(int(time.time()))
    digest = digest_of(files)
    name = id or f"{datetime.fromtimestamp(created, UTC):%Y%m%dT%H%M%SZ}-{digest[:12]}"
    if not _ID.fullmatch(name):
        raise BadRelease("should be up to 128 letters, digits and . _ + @ : / - and begin with a letter or digit")
    return Release(name, created, created + lasts if lasts else 0.0, exclude, files, digest)


def payload(release: Release) -> bytes:
    """The statement to sign."""
    predicate = {
        "id": release.id,
        "created": written(release.created),
        "expires": written(release.expires) if release.expires else None,
        "exclude": list(release.exclude),
        "files": [
            {"path": path, "type": kind, "mode": f"{mode:04o}", "size": size, "sha256": sha}
            for path, kind, mode, size, sha in release.files
        ],
    }
    subject = [{"name": release.id, "digest": {"sha256": release.digest}}]
    whole = {"_type": STATEMENT_TYPE, "subject": subject, "predicateType": PREDICATE_TYPE, "predicate": predicate}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def parse(content: bytes) -> Release:
    """The release of a statement whose signature was verified.

    Raises:
        BadRelease: it is no statement of a release, or names what it may not.
    """
    try:
        found = statement(content)
    except BadEnvelope as error:
        raise BadRelease(str(error)) from None
    if found.get("predicateType") != PREDICATE_TYPE:
        raise BadRelease("the statement is of something else than a release of liveproof's")
    try:
        (subject,), predicate = found["subject"], found["predicate"]
        subject_name, digest = subject["name"], subject["digest"]["sha256"]
        name, exclude, files = predicate["id"], tuple(predicate["exclude"]), predicate["files"]
        created = _time(predicate["created"])
        expires = 0.0 if predicate["expires"] is None else _time(predicate["expires"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        raise BadRelease("the statement lacks something of a release, or is cut off") from None
    if not isinstance(name, str) or not _ID.fullmatch(name) or subject_name != name:
        raise BadRelease("the release's id is none, or not that of its subject")
    if not all(isinstance(each, str) and each and not unfit(each) and len(each) < 1000 for each in exclude):
        raise BadRelease("what it excludes is not reported in patterns")
    if not isinstance(files, list) or not 0 < len(files) <= MOST_FILES:
        raise BadRelease(f"it names no file, or more than {MOST_FILES:,}")
    listed = [_file(file) for file in files]
    _refuse_conflicts(listed)
    if digest != digest_of(listed):
        raise BadRelease("its files are not those of its subject's digest: it is cut off, or was put together by hand")
    return Release(name, created, expires, exclude, listed, digest)


def written(moment: float) -> str:
    """Epoch seconds as RFC 3339 has them, in UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _time(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


def _file(file: Any) -> Measured:
    try:
        path, kind, mode, size, digest = _fields(file)
    except (KeyError, TypeError, IndexError):
        file = {}
    if len(file) != 5:
        raise BadRelease("a file is reported in other words than path, type, mode, size and sha256")
    if not isinstance(path, str) or unfit(path):
        raise BadRelease(f"a path is not a text, or holds a control character: {path!r:.120}")
    if path.startswith("/"):
        raise BadRelease(f"a path is absolute: {path!r:.120}")
    # Most paths need not be taken apart: none of this holds for them.
    if (not path or path[0] == "." or "/." in path or "//" in path or path[-1] == "/") and not _NAMES.isdisjoint(
        path.split("/")
    ):
        raise BadRelease(f"a path is empty or holds `..`, `.` or `//`: {path!r:.120}")
    if kind not in ("file", "link"):
        raise BadRelease(f"{path!r:.120} is neither a file nor a link")
    if not isinstance(mode, str) or not _MODE.fullmatch(mode):
        raise BadRelease(f"the mode of {path!r:.120} is not four octal digits")
    if type(size) is not int or not 0 <= size <= MOST_BYTES:
        raise BadRelease(f"the size of {path!r:.120} is not a size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BadRelease(f"the digest of {path!r:.120} is not a SHA-256 digest in lower-case hexadecimal")
    return path, kind, int(mode, 8), size, digest


def _refuse_conflicts(files: Sequence[Measured]) -> None:
    paths = {file[0] for file in files}
    if len(paths) != len(files):
        seen: set[str] = set()
        twice = next(path for path, *_ in files if path in seen or seen.add(path))  # type: ignore[func-returns-value]
        raise BadRelease(f"{twice!r:.120} stands there twice")
    directories = {path.rpartition("/")[0] for path in paths} - {""}
    for path in tuple(directories):
        while (path := path.rpartition("/")[0]) and path not in directories:
            directories.add(path)
    if both := paths & directories:
        raise BadRelease(f"{min(both)!r:.120} is a file and a directory")
    if [file[0] for file in files] != sorted(paths):
        raise BadRelease("its files are not sorted by path")
