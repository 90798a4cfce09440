"""A signed manifest as the intended release: nothing of it counts before a trusted key has verified it.

That it was verified is remembered by the states of both files, so that a check of what did not change verifies nothing
again; whether it has expired is asked each time. The files that are compared are those of the very bytes that were
verified: they are read once for both.
"""

import os
import time

from liveproof.attestation.envelope import BadEnvelope, verify
from liveproof.attestation.keys import BadKey, PublicKey, public_keys
from liveproof.attestation.release import BadRelease, Outdated, Release, parse
from liveproof.host.errors import CannotSee
from liveproof.host.files import trusted
from liveproof.host.files.file_state import signature
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.settings import Settings
from liveproof.probes.release.intended import MANIFEST_LIMIT, Intended, Listing
from liveproof.store.cache import Cache

_KEY_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Verified:
    """What is remembered of a manifest that was verified: the release without its files, and the key's id."""

    id: str
    created: float
    expires: float
    digest: str
    key: str


def of_signed_manifest(reader: Reader, settings: Settings, cache: Cache, path: str) -> Intended:
    """A manifest of `liveproof release sign`, whose signature one of the configured keys verifies.

    Raises:
        CannotSee: no key is configured or can be trusted, or the manifest is not to be used, with the reason.
    """
    keys = _keys(settings.app.release_key, path)
    state = signature(reader, path)
    means = (state, tuple(key.raw for key in keys)) if state else ()

    def fresh() -> _Verified:
        release, key = _read(reader, path, keys)
        return _Verified(release.id, release.created, release.expires, release.digest, key.id)

    known = cache.entry("release-signature", path).memoised(means, fresh, _Verified)
    shell = Release(known.id, known.created, known.expires, (), (), known.digest)
    try:
        shell.refuse_outdated(time.time(), settings.app.release_id)
    except Outdated as error:
        raise _unusable(path, error) from None

    def listing() -> Listing:
        release, _ = _read(reader, path, keys)
        if release.digest != known.digest:
            raise CannotSee(f"the release manifest {path} was replaced while it was read")
        return _listing(release)

    means_that = f"{known.digest} {known.key} {state}" if state else ""
    return Intended(
        "manifest", path, "sha256", means_that, listing, id=known.id, signed_by=known.key, digest=known.digest
    )


def _keys(key_file: str, manifest: str) -> tuple[PublicKey, ...]:
    if not key_file:
        raise CannotSee(
            f"the release manifest {manifest} is signed, and nothing says by whom it must be: --release-key FILE"
        )
    try:
        return public_keys(trusted.read(key_file, limit=_KEY_LIMIT, owner=os.geteuid())[0])
    except trusted.Untrusted as error:
        raise CannotSee(f"the release key is refused, since another user could write it: {error}") from None
    except OSError as error:
        raise CannotSee(f"the release key {key_file} cannot be read: {error.strerror or error}") from None
    except BadKey as error:
        raise CannotSee(f"the release key {key_file} cannot be used: {error}") from None


def _read(reader: Reader, path: str, keys: tuple[PublicKey, ...]) -> tuple[Release, PublicKey]:
    try:
        content = reader.read(path, MANIFEST_LIMIT + 1)
    except OSError as error:
        raise CannotSee(f"the release manifest {path} cannot be read: {error.strerror or error}") from None
    if len(content) > MANIFEST_LIMIT:
        raise CannotSee(f"the release manifest {path} is larger than {MANIFEST_LIMIT >> 20} MB")
    try:
        payload, key = verify(content, keys)
        return parse(payload), key
    except (BadEnvelope, BadRelease) as error:
        raise _unusable(path, error) from None


def _unusable(path: str, error: Exception) -> CannotSee:
    return CannotSee(f"the signed release manifest {path} cannot be used: {error}")


def _listing(release: Release) -> Listing:
    directories: dict[str, list[tuple[str, str, str]]] = {}
    for path, kind, mode, _, digest in release.files:
        directory, _, name = path.rpartition("/")
        is_ = "l" if kind == "link" else "x" if mode & 0o111 else "f"
        directories.setdefault(directory or ".", []).append((name, is_, digest))
    return Listing(sorted(directories.items()), ())
