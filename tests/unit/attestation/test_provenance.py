"""A provenance is of this release and by a builder's key, or is refused with its reason."""

from pathlib import Path
from typing import Any

import pytest

from liveproof.attestation.keys import public_keys
from liveproof.attestation.provenance import BadProvenance, verified
from liveproof.attestation.release import made
from tests.unit.attestation.signing import SHA, new_key, provenance, signed

RELEASE = made([("a.php", "file", 0o644, 3, SHA)], "v1", ())


@pytest.mark.parametrize("version", ["v1", "v0.2"])
def test_both_versions(version: str, tmp_path: Path) -> None:
    """The builder and the type of build are told."""
    private, public = new_key(tmp_path)
    content = signed(provenance(RELEASE.digest, version), private)
    found = verified(content, public_keys(public.read_bytes()), RELEASE)
    assert (found.builder, found.build_type) == ("https://ci.example.com/builder", "https://ci.example.com/build")


REFUSED: dict[str, tuple[Any, str]] = {
    "of another build": (provenance(SHA), "no subject of it has this release's digest"),
    "of another kind": (provenance(RELEASE.digest) | {"predicateType": "https://spdx.dev/Document"}, "not a SLSA"),
    "without a subject": ({**provenance(RELEASE.digest), "subject": None}, "names no subject"),
    "with subjects of numbers": ({**provenance(RELEASE.digest), "subject": [5]}, "names no subject"),
    "without a builder": ({**provenance(RELEASE.digest), "predicate": {}}, "no builder"),
    "a builder of control characters": (
        {**provenance(RELEASE.digest), "predicate": {"builder": {"id": "\x1b[2J"}, "buildType": "x"}}, "not a URI",
    ),
    "no statement": (b"[]", "Statement/v1"),
    "cut off": (b'{"_type"', "not complete JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    """Although its signature is right."""
    private, public = new_key(tmp_path)
    statement, says = REFUSED[name]
    with pytest.raises(BadProvenance) as caught:
        verified(signed(statement, private), public_keys(public.read_bytes()), RELEASE)
    assert says in str(caught.value)


def test_another_key(tmp_path: Path) -> None:
    """Nothing that it says counts."""
    private, _ = new_key(tmp_path)
    _, other = new_key(tmp_path, "other")
    with pytest.raises(BadProvenance, match="none of the given keys"):
        verified(signed(provenance(RELEASE.digest), private), public_keys(other.read_bytes()), RELEASE)
