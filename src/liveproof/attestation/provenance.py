"""A SLSA provenance: who built what, signed by the builder. Verified with the release that it must be about."""

from collections.abc import Sequence
from typing import Any

from liveproof.attestation.envelope import BadEnvelope, statement, verify
from liveproof.attestation.keys import PublicKey
from liveproof.attestation.release import Release
from liveproof.host.files.tree_digests import unfit
from liveproof.model.dataclass import dataclass

_TYPES = ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2")


class BadProvenance(ValueError):
    """It is no provenance of this release by a given key; the message says why."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it says: the builder's id and the type of build, both URIs; and the key that signed it."""

    builder: str
    build_type: str
    key: PublicKey


def verified(content: bytes, keys: Sequence[PublicKey], release: Release) -> Provenance:
    """The provenance of ``release``: signed by one of the keys, with the release's digest among its subjects.

    Raises:
        BadProvenance: it is not.
    """
    try:
        payload, key = verify(content, keys)
        found = statement(payload)
    except BadEnvelope as error:
        raise BadProvenance(str(error)) from None
    if found.get("predicateType") not in _TYPES:
        raise BadProvenance("it is not a SLSA provenance of version 1 or 0.2")
    try:
        digests = [subject["digest"].get("sha256") for subject in found["subject"]]
        builder, build_type = _said(found["predicate"])
    except (KeyError, TypeError, AttributeError):
        raise BadProvenance("it names no subject or no builder") from None
    if release.digest not in digests:
        raise BadProvenance(f"it is about something else: no subject of it has this release's digest {release.digest}")
    if not all(isinstance(text, str) and 0 < len(text) < 2000 and not unfit(text) for text in (builder, build_type)):
        raise BadProvenance("its builder or type of build is not a URI")
    return Provenance(builder, build_type, key)


def _said(predicate: Any) -> tuple[str, str]:
    if "runDetails" in predicate:
        return predicate["runDetails"]["builder"]["id"], predicate["buildDefinition"]["buildType"]
    return predicate["builder"]["id"], predicate["buildType"]
