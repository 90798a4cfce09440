"""The metrics as a file for the textfile collector of node_exporter, replaced whole."""

import os
import stat as modes
from contextlib import suppress


class CannotWriteTextfile(Exception):
    """The file cannot be written; the message says why. What stood there is as it was."""


def write_textfile(path: str, text: bytes) -> None:
    """Put the text in the place of the file, readable for everybody (0644): node_exporter runs as a user of its own.

    It is written beside its place under a name that node_exporter does not read (it takes ``*.prom``), then renamed, so
    a reader sees the old text or the new one.

    Raises:
        CannotWriteTextfile: a full or read-only disk, no such directory, or something that is no plain file is there.
    """
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name[:200]}.{os.urandom(6).hex()}")
    try:
        with suppress(FileNotFoundError):
            if not modes.S_ISREG(os.lstat(path).st_mode):
                raise CannotWriteTextfile(f"cannot write the metrics to {path}: it is not a regular file")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fchmod(descriptor, 0o644)
            os.rename(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotWriteTextfile(f"cannot write the metrics to {path}: {reason}") from None
