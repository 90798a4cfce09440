"""Ed25519 keys as ``openssl genpkey -algorithm ed25519`` writes them: PEM of PKCS#8, and of SubjectPublicKeyInfo."""

import base64
import re

from liveproof.model.dataclass import dataclass
from liveproof.model.hashing import sha256

# RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }.
_PUBLIC = bytes.fromhex("302a300506032b6570032100")
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----\s+([A-Za-z0-9+/=\s]*?)-----END \1-----")


class BadKey(ValueError):
    """A key cannot be used; the message says why and what to do, never what it is."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 key: its 32 bytes in hexadecimal.

    ``id`` is the SHA-256 of the key in DER, as ``openssl pkey -pubin -in FILE -outform DER | sha256sum`` tells it.
    """

    raw: str

    @property
    def id(self) -> str:
        """Its name, which decides nothing: a signature counts by itself."""
        return sha256(_PUBLIC + bytes.fromhex(self.raw))


def public_keys(content: bytes) -> tuple[PublicKey, ...]:
    """The keys of a PEM file; several where a new key takes the place of an old one.

    Raises:
        BadKey: it holds none, another kind of key, or a private one.
    """
    text = content.decode("ascii", "replace")
    if "PRIVATE KEY" in text:
        raise BadKey("it holds a private key; give the public one: openssl pkey -in KEY -pubout -out KEY.pub")
    found = []
    for kind, body in _BLOCK.findall(text):
        try:
            content = base64.b64decode("".join(body.split()), validate=True)
        except ValueError:
            content = b""
        if kind != "PUBLIC KEY" or len(content) != 44 or not content.startswith(_PUBLIC):
            raise BadKey("it holds another key than an Ed25519 one (openssl genpkey -algorithm ed25519)")
        found.append(PublicKey(content[12:].hex()))
    if not found or text.count("-----BEGIN") != len(found):
        raise BadKey("it holds no whole PEM public key (openssl pkey -in KEY -pubout)")
    return tuple(found)
