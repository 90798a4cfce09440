"""What the commands that sign or verify statements share: keys and files that are named, how refusals are shown."""

import os
import stat as modes
import sys
from collections.abc import Iterator, Sequence

from liveproof.attestation.envelope import MOST_BYTES
from liveproof.attestation.keys import BadKey, PublicKey, public_keys
from liveproof.cli.errors import UsageError
from liveproof.host.files import trusted
from liveproof.model.secrets import hide
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import Line, line

_KEY_LIMIT = 64 * 1024
_SHOWN = 20


def private_key(path: str) -> bytes:
    """The content of a private key's file, which nobody else may read, or of standard input (``-``).

    Raises:
        UsageError: it cannot be read, or others can read it.
    """
    if path == "-":
        content = sys.stdin.buffer.read(_KEY_LIMIT)
        if not content:
            raise UsageError("--key -: standard input holds no key")
        return content
    content, status = _read(path, _KEY_LIMIT, "--key")
    if status.st_mode & 0o077:
        raise UsageError(f"--key {visible(path)}: others may read it: chmod 600, and make a new one if somebody did")
    return content


def trusted_keys(path: str, option: str) -> tuple[PublicKey, ...]:
    """The public keys of a file; as root, of one that only root could have written.

    Raises:
        UsageError: it cannot be read, another user could write it, or it holds no such key.
    """
    try:
        root = os.geteuid() == 0
        content, _ = trusted.read(path, limit=_KEY_LIMIT) if root else _read(path, _KEY_LIMIT, option)
        return public_keys(content)
    except trusted.Untrusted as error:
        raise UsageError(f"{option}: refused, since another user could write it: {error}") from None
    except (OSError, ValueError) as error:
        reason = str(error) if isinstance(error, BadKey) else getattr(error, "strerror", None) or error
        raise UsageError(f"{option} {visible(path)}: {reason}") from None


def content_of(path: str, most: int = MOST_BYTES) -> bytes:
    """What a file holds that was named.

    Raises:
        UsageError: it cannot be read, or is larger than ``most`` bytes, which no such file is.
    """
    content = _read(path, most + 1, "")[0]
    if len(content) > most:
        raise UsageError(f"{visible(path)} is larger than {most >> 20} MB")
    return content


def refusal_lines(title: str, refusals: Sequence[tuple[str, str]]) -> Iterator[Line]:
    """What was refused: a title, and a line for each path with the reason, twenty at most."""
    yield line(("REFUSED  ", "bad"), visible(title))
    for path, why in refusals[:_SHOWN]:
        yield line(visible(hide(f"{path} {why}" if path else why)), indent=3, hang=3)
    if len(refusals) > _SHOWN:
        yield line(f"and {len(refusals) - _SHOWN:,} more", indent=3)


def _read(path: str, limit: int, option: str) -> tuple[bytes, os.stat_result]:
    """The content of a regular file; a FIFO is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not modes.S_ISREG(status.st_mode):
                raise UsageError(f"{option} {visible(path)}: it is not a regular file".lstrip())
            return file.read(limit), status
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{option} {visible(path)}: {reason}".lstrip()) from None
