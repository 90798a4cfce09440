"""Reading files so that it is known later whether any of them changed: each one's status is noted before it is read."""

from collections.abc import Sequence

from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader

_SETTLED = 2.0
_LARGEST = 512 * 1024


class Watched:
    """Reads directories and files and notes the status of each, also of those that are not there."""

    def __init__(self, reader: Reader) -> None:
        self.stamps: dict[str, str] = {}
        self.unread: dict[str, str] = {}
        self._reader = reader
        self._newest = 0.0

    def names(self, directory: str) -> tuple[str, ...]:
        """The names in a directory, none when there is no such directory or it cannot be read (then it is unread)."""
        seen = self.stat(directory)
        if seen is None or not seen.is_directory:
            return ()
        try:
            return self._reader.list(directory)
        except OSError as error:
            self.unread[directory] = error.strerror or str(error)
            return ()

    def first(self, place: str, paths: Sequence[str], most: int) -> Sequence[str]:
        """The first files of a place; where there are more, that is told."""
        if len(paths) > most:
            self.unread[place] = f"only the first {most} of its {len(paths)} files were looked at"
        return paths[:most]

    def text(self, path: str, lines: int = 0) -> str | None:
        """A regular file's text (NULs replaced), None when there is none or it cannot be read (then it is unread).

        ``lines``: how many of them are looked at, 0 for all; that there are more is told.
        """
        seen = self.stat(path)
        if seen is None or not seen.is_file:
            return None
        try:
            text = self._reader.read(path, _LARGEST).decode("utf-8", "surrogateescape")
        except CannotSee:
            return None
        except OSError as error:
            self.unread[path] = error.strerror or str(error)
            return None
        if seen.size > _LARGEST:
            self.unread[path] = f"only its first {_LARGEST >> 10} kB were looked at"
        if 0 < lines <= text.removesuffix("\n").count("\n"):
            self.unread[path] = f"only its first {lines} lines were looked at"
        return text.replace("\0", "\ufffd")  # no path may hold one

    def stat(self, path: str) -> Stat | None:
        """The status of a path, links followed; None when nothing is there."""
        try:
            seen = self._reader.stat(path)
        except OSError as error:
            self.unread[path] = error.strerror or str(error)
            seen = None
        self.stamps[path] = _stamp(seen)
        if seen:
            self._newest = max(self._newest, seen.ctime_ns / 1e9)
        return seen

    def settled(self) -> bool:
        """Whether everything changed long enough ago that a later change must show in its times."""
        return self._reader.now() - self._newest > _SETTLED


def unchanged(reader: Reader, stamps: dict[str, str]) -> bool:
    """Whether every path is as it was noted."""
    try:
        return all(_stamp(reader.stat(path)) == stamp for path, stamp in stamps.items())
    except OSError:
        return False


def _stamp(seen: Stat | None) -> str:
    if seen is None:
        return ""
    return f"{seen.device}.{seen.inode}.{seen.size}.{seen.mtime_ns}.{seen.ctime_ns}"
