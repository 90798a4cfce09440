"""Signed statements: DSSE envelopes of in-toto statements with Ed25519 signatures, by securesystemslib.

Verifying needs no compiled library; signing needs pyca/cryptography, the extra ``sign``. Which key made a signature is
found by trying: DSSE says that nothing may be decided by the key's id, and others leave it out.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from liveproof.attestation import strict_json
from liveproof.attestation.keys import BadKey, PublicKey
from liveproof.model.dataclass import dataclass

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
MOST_BYTES = 512 * 1024 * 1024
_MOST_SIGNATURES = 20
# Debian's python3-cryptography of bookworm, for one, is too old.
_NEEDED = (
    "signing needs pyca/cryptography 40 or newer, the extra `sign`: install liveproof with it where you sign "
    "(pip install 'liveproof[sign]')"
)
_FIELDS = ("payload", "payloadType", "signatures")


class BadEnvelope(ValueError):
    """An envelope that is damaged, or that no given key signed; the message says why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs statements with one key, and the public key that belongs to it."""

    public: PublicKey
    sign: Callable[[bytes], str]


def sign(payload: bytes, private_key: bytes) -> tuple[str, PublicKey]:
    """The envelope of a statement as text, signed by a key in PEM, and the public key that belongs to it.

    Raises:
        BadKey: it is no key that can sign, or what signs is not installed.
    """
    signer = signer_of(private_key)
    return signer.sign(payload), signer.public


def signer_of(private_key: bytes) -> Signer:
    """What signs with a key in PEM; its ``sign`` gives the envelope of a statement as text.

    Raises:
        BadKey: it is no key that can sign, or what signs is not installed.
    """
    from securesystemslib.dsse import Envelope  # noqa: PLC0415  (80 ms)
    from securesystemslib.exceptions import UnsupportedLibraryError  # noqa: PLC0415  (as above)
    from securesystemslib.signer import CryptoSigner, SSlibKey  # noqa: PLC0415  (as above)

    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  (as above, and an extra)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            Encoding,
            PublicFormat,
            load_pem_private_key,
        )
    except ImportError:
        raise BadKey(_NEEDED) from None
    try:
        private = load_pem_private_key(private_key, None)
    except TypeError:
        raise BadKey(
            "it is encrypted; decrypt it for standard input: openssl pkey -in KEY | liveproof … --key -"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("it is not a private key in PEM (openssl genpkey -algorithm ed25519)") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKey("it is another key than an Ed25519 one (openssl genpkey -algorithm ed25519)")
    public = PublicKey(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex())
    try:
        signer = CryptoSigner(private, SSlibKey(public.id, "ed25519", "ed25519", {"public": public.raw}))
    except UnsupportedLibraryError:
        raise BadKey(_NEEDED) from None

    def signed(payload: bytes) -> str:
        envelope = Envelope(payload, PAYLOAD_TYPE, {})
        envelope.sign(signer)
        return json.dumps(envelope.to_dict()) + "\n"

    return Signer(public, signed)


def verify(content: bytes, keys: Sequence[PublicKey]) -> tuple[bytes, PublicKey]:
    """The payload of an envelope that one of the keys signed, and that key.

    Raises:
        BadEnvelope: it is damaged, holds no in-toto statement, or none of the keys signed it.
    """
    payload, signatures = _parts(content)
    from securesystemslib.dsse import Envelope  # noqa: PLC0415  (80 ms)
    from securesystemslib.exceptions import UnverifiedSignatureError  # noqa: PLC0415  (as above)
    from securesystemslib.signer import Signature, SSlibKey  # noqa: PLC0415  (as above)

    signed = Envelope(payload, PAYLOAD_TYPE, {}).pae()
    for key in keys:
        one = SSlibKey(key.id, "ed25519", "ed25519", {"public": key.raw})
        for signature in signatures:
            try:
                one.verify_signature(Signature(key.id, signature.hex()), signed)
            except UnverifiedSignatureError:  # and what is derived from it: a signature of another length
                continue
            return payload, key
    known = ", ".join(key.id[:16] for key in keys)
    raise BadEnvelope(f"its signature is by none of the given keys ({known}), or it was changed since it was signed")


def statement(payload: bytes) -> dict[str, Any]:
    """An in-toto statement of version 1.

    Raises:
        BadEnvelope: it is none.
    """
    found = _strict(payload, "the signed statement")
    if not isinstance(found, dict) or found.get("_type") != STATEMENT_TYPE:
        raise BadEnvelope(f"what was signed is no {STATEMENT_TYPE}")
    return found


def _parts(content: bytes) -> tuple[bytes, list[bytes]]:
    if len(content) > MOST_BYTES:
        raise BadEnvelope(f"it is larger than {MOST_BYTES >> 20} MB")
    found = _strict(content, "the envelope")
    if not isinstance(found, dict) or not all(field in found for field in _FIELDS):
        raise BadEnvelope("it is not a signed statement (a DSSE envelope)")
    if found["payloadType"] != PAYLOAD_TYPE:
        raise BadEnvelope(f"what was signed is of another type than {PAYLOAD_TYPE}")
    signatures = found["signatures"]
    if not isinstance(signatures, list) or not 0 < len(signatures) <= _MOST_SIGNATURES:
        raise BadEnvelope(f"it has no signature, or more than {_MOST_SIGNATURES}")
    each = [_decoded(one.get("sig") if isinstance(one, dict) else None, "a signature") for one in signatures]
    return _decoded(found["payload"], "the payload"), each


def _decoded(text: object, what: str) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "!", validate=True)
    except ValueError:
        raise BadEnvelope(f"{what} is not base64") from None


def _strict(content: bytes, what: str) -> Any:
    try:
        return strict_json.loads(content)
    except strict_json.NotStrict as error:
        raise BadEnvelope(f"{what} cannot be read: {error}") from None
