"""Small files of liveproof's own: private, replaced whole, and read without following a link or waiting for a FIFO."""

import os
from contextlib import suppress


def read(path: str, limit: int = -1) -> str:
    """The text of a file, at most ``limit`` characters of it.

    Raises:
        OSError: it cannot be read, or is a link.
        UnicodeDecodeError: it is not UTF-8.
    """
    with open(path, encoding="utf-8", opener=_without_waiting) as file:
        return file.read(limit)


def replace(path: str, text: str) -> None:
    """Write a file that only its owner may read (0600) in the place of what stands there, whole or not at all.

    Raises:
        OSError: it cannot be written; what stood there still stands.
    """
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
