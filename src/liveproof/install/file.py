"""One file that is installed."""

from hashlib import sha256

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """What stands at ``path``, with its permission bits, and what it is for, in a few words."""

    path: str
    content: bytes
    purpose: str
    mode: int = 0o644

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, in hexadecimal."""
        return digest(self.content)


def digest(content: bytes) -> str:
    """The SHA-256 of a content, in hexadecimal."""
    return sha256(content).hexdigest()
