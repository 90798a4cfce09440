"""Keys and statements for tests, made as their users make them."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

from liveproof.attestation import envelope

SHA = "ab" * 32


def new_key(directory: Path, name: str = "release") -> tuple[Path, Path]:
    """A private and a public key in files, as docs/release.md has them made."""
    private, public = directory / f"{name}.key", directory / f"{name}.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return private, public


def signed(statement: Any, private: Path) -> bytes:
    """Anything, signed: a dictionary as JSON, bytes as they are."""
    payload = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    return envelope.sign(payload, private.read_bytes())[0].encode()


def payload_of(content: bytes) -> Any:
    """What was signed."""
    return json.loads(base64.b64decode(json.loads(content)["payload"]))


def provenance(digest: str, version: str = "v1") -> dict[str, Any]:
    """A SLSA provenance as builders write it."""
    builder, build_type = "https://ci.example.com/builder", "https://ci.example.com/build"
    said = (
        {"buildDefinition": {"buildType": build_type}, "runDetails": {"builder": {"id": builder}}}
        if version == "v1"
        else {"builder": {"id": builder}, "buildType": build_type}
    )
    return {
        "_type": envelope.STATEMENT_TYPE,
        "subject": [{"name": "other", "digest": {"sha1": "x"}}, {"name": "app", "digest": {"sha256": digest}}],
        "predicateType": f"https://slsa.dev/provenance/{version}",
        "predicate": said,
    }
