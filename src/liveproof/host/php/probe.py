"""Where the PHP probe lies that a pool is asked to run, and whether it may be.

As root it is a copy in ``/run/liveproof`` named by its digest (``host/write/php_probe.py`` puts it there): a pool's
user can read it wherever liveproof is installed, be it in root's home (pipx, uv), and a worker that never looks at the
times of scripts runs no probe of an earlier version.
"""

import os
from _blake2 import blake2b  # what hashlib.blake2b is, without loading OpenSSL, which takes a check some ms
from typing import Final

from liveproof.host.errors import CannotSee
from liveproof.host.files import trusted

DIRECTORY: Final = "/run/liveproof"
"""Root's, mode 0755; the copy lies there as ``probe-DIGEST.php``."""

_LIMIT = 64 * 1024


def installed() -> str:
    """The path of the probe to run, its links resolved: the copy where it is as it should be, else the package's.

    Raises:
        CannotSee: somebody besides root and us could have written it, or it is not there.
    """
    path, content = packaged()
    copy = copy_path(content)
    return copy if os.geteuid() == 0 and is_copy(copy, content) else path


def in_place() -> bool:
    """Whether the copy is as it should be, or none is wanted: there is nothing to put in place."""
    if os.geteuid() != 0:
        return True
    try:
        _, content = packaged()
    except CannotSee:
        return True  # told by whoever wants to run it
    return is_copy(copy_path(content), content)


def packaged() -> tuple[str, bytes]:
    """The path of the package's own probe, and its content.

    Raises:
        CannotSee: somebody besides root and us could have written it, or it is not there.
    """
    path = os.path.realpath(os.path.join(os.path.dirname(__file__), "probe.php"))
    try:
        content, _ = trusted.read(path, limit=_LIMIT, owner=os.geteuid())
    except trusted.Untrusted as error:
        raise CannotSee(f"the PHP probe is not run, since {error}") from None
    except OSError as error:
        raise CannotSee(f"the PHP probe {path} cannot be read ({error.strerror}); install liveproof again") from None
    return path, content


def copy_path(content: bytes) -> str:
    """Where the copy of a probe lies."""
    return f"{DIRECTORY}/probe-{blake2b(content, digest_size=16).hexdigest()}.php"


def is_copy(path: str, content: bytes) -> bool:
    """Whether the copy is there, readable for everyone, and only root could have written it."""
    try:
        found, status = trusted.read(path, limit=_LIMIT + 1)
        directory = os.lstat(os.path.dirname(path))
    except (trusted.Untrusted, OSError):
        return False
    return found == content and status.st_mode & 0o444 == 0o444 and directory.st_mode & 0o555 == 0o555
