"""What was found on the host before it is known whose app it is for, and of which files that was read."""

from typing import NamedTuple

from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader

USER = "\0"  # stands for the name of the right user, which is looked up for each run
_LARGEST = 512 * 1024
_NAMES = 2000


class Call(NamedTuple):
    """A call of artisan or Composer (``tool``), secrets hidden; the other fields are as in ``Job``.

    A named tuple, since making a dataclass takes longer than reading all of them back from the cache. ``user`` and
    ``app`` are empty where the text does not tell. In ``replacement`` and ``place`` USER stands for the right user.
    ``wrapper`` is an unknown program that the call stands behind, so that as whom it runs is not judged.
    """

    tool: str
    kind: str
    source: str
    caller: str
    line: str
    command: str
    user: str
    app: str
    replacement: str
    place: str
    wrapper: str = ""


class Watched:
    """Reads directories and files and notes the path of each, also of those that are not there.

    ``unread`` is what could not be looked at, with the reason. ``lasting``: what was read can only change with one of
    the paths, so that it may be remembered.
    """

    def __init__(self, reader: Reader) -> None:
        self.paths: dict[str, None] = {}
        self.unread: dict[str, str] = {}
        self.lasting = True
        self._reader = reader

    def stat(self, path: str) -> Stat | None:
        """The status of a path, links followed; None when nothing is there."""
        self.paths[path] = None
        try:
            return self._reader.stat(path)
        except OSError as error:
            self.unread[path] = error.strerror or str(error)
            return None

    def names(self, directory: str) -> tuple[str, ...]:
        """The names in a directory, none when there is no such directory or it cannot be read (then it is unread)."""
        status = self.stat(directory)
        if status is None or not status.is_directory:
            return ()
        try:
            names = self._reader.list(directory)
        except OSError as error:
            self.unread[directory] = error.strerror or str(error)
            return ()
        if len(names) > _NAMES:
            self.unread[directory] = f"only the first {_NAMES} of its {len(names)} files were looked at"
        return names[:_NAMES]

    def text(self, path: str) -> str:
        """A regular file's text (NULs replaced), empty when there is none or it cannot be read (then it is unread)."""
        status = self.stat(path)
        if status is None or not status.is_file:
            return ""
        try:
            text = self._reader.read(path, _LARGEST).decode("utf-8", "surrogateescape")
        except CannotSee:
            return ""
        except OSError as error:
            self.unread[path] = error.strerror or str(error)
            return ""
        if status.size > _LARGEST:
            self.unread[path] = f"only its first {_LARGEST >> 10} kB were looked at"
        return text.replace("\0", "\ufffd")  # no path may hold one
