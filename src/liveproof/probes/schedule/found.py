"""What was found on the host before it is known whose app it is for, and of which files that was read.

Named tuples, since making a dataclass takes longer than reading all of them back from memory.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from liveproof.host.errors import CannotSee
from liveproof.host.files.file_state import Inputs, state
from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader
from liveproof.model.secrets import hide_in_command

_LARGEST = 512 * 1024
LINES = 5000
_T = TypeVar("_T")


class Found(NamedTuple):
    """A call with where it stands. In ``replacement`` and ``place`` a NUL stands for the name of the right user.

    ``more`` counts like calls of the same file that are not reported one by one.
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
    more: int = 0

    def hidden(self) -> "Found":
        """The same with secrets hidden, as it may be remembered and reported."""
        return self._replace(
            line=hide_in_command(self.line),
            command=hide_in_command(self.command),
            replacement=hide_in_command(self.replacement),
        )


def folded(each: Iterable[_T], most: int, like: Callable[[_T], Hashable], counted: Callable[[_T, int], _T]) -> list[_T]:
    """The first ``most``, and of the others those that are like none of them; the rest is counted.

    Args:
        each: what was found.
        most: how many are kept one by one.
        like: what two have in common of which one stands for both.
        counted: the first of those alike, with how many more there are.
    """
    shown: list[_T] = []
    first: dict[Hashable, int] = {}
    more: dict[Hashable, int] = {}
    for one in each:
        key = like(one)
        if len(shown) < most or key not in first:
            first.setdefault(key, len(shown))
            shown.append(one)
        else:
            more[key] = more.get(key, 0) + 1
    for key, count in more.items():
        shown[first[key]] = counted(shown[first[key]], count)
    return shown


class Watched:
    """Reads directories and files and notes the state of each before it is read, also of those that are not there.

    ``lasting``: what was read can only change with one of these files.
    """

    def __init__(self, reader: Reader) -> None:
        self.states: dict[str, str] = {}
        self.unread: dict[str, str] = {}
        self.lasting = True
        self._reader = reader

    def names(self, directory: str) -> tuple[str, ...]:
        """The names in a directory, none when there is no such directory or it cannot be read (then it is unread)."""
        status = self.stat(directory)
        if status is None or not status.is_directory:
            return ()
        try:
            return self._reader.list(directory)
        except OSError as error:
            self.unread[directory] = error.strerror or str(error)
            return ()

    def first(self, place: str, paths: Sequence[str], most: int) -> Sequence[str]:
        """The first files of a place; where there are more, that is reported."""
        if len(paths) > most:
            self.unread[place] = f"only the first {most} of its {len(paths)} files were looked at"
        return paths[:most]

    def text(self, path: str, lines: int = LINES) -> str | None:
        """A regular file's text (NULs replaced), None when there is none or it cannot be read (then it is unread).

        ``lines``: how many of them are looked at, 0 for all; that there are more is reported.
        """
        status = self.stat(path)
        if status is None or not status.is_file:
            return None
        try:
            text = self._reader.read(path, _LARGEST).decode("utf-8", "surrogateescape")
        except CannotSee:
            return None
        except OSError as error:
            self.unread[path] = error.strerror or str(error)
            return None
        if status.size > _LARGEST:
            self.unread[path] = f"only its first {_LARGEST >> 10} kB were looked at"
        if 0 < lines <= text.removesuffix("\n").count("\n"):
            self.unread[path] = f"only its first {lines} lines were looked at"
            text = "\n".join(text.split("\n", lines)[:lines])
        return text.replace("\0", "\ufffd")  # no path may hold one

    def stat(self, path: str) -> Stat | None:
        """The status of a path, links followed; None when nothing is there."""
        if path not in self.states:
            self.states[path] = state(self._reader, Inputs((path,))).text
        try:
            return self._reader.stat(path)
        except OSError as error:
            self.unread[path] = error.strerror or str(error)
            return None

    def unsettle(self) -> None:
        """What was read may change without any of the files: it must not be remembered."""
        self.lasting = False
