"""The end of a log, read backwards until a line is older than asked for, within a bound."""

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.probes.logs.lines import Entry, Parse, first_lines

BOUND = 8 * 1024 * 1024
LINES = 200_000
_FIRST = 128 * 1024
_GUARD = 64

Mark = tuple[int, int, str]  # inode, offset, and the bytes before it


@dataclass(frozen=True, slots=True)
class Tail:
    """Entries from ``since`` on, or from the mark on where it was ``resumed``.

    ``truncated``: there are more before them. ``whole``: read from the file's beginning.

    ``mark`` is where reading ended, for the next time.
    """

    entries: tuple[Entry, ...]
    truncated: bool
    whole: bool
    resumed: bool
    mark: Mark


def read_tail(reader: Reader, path: str, parse: Parse, since: float, mark: Mark | None) -> Tail | None:
    """The entries since then, or only those after ``mark`` where the file is still the one that was read then.

    A time in whole seconds may lie a second before what it stands for: an entry of the very second counts.

    Returns:
        None when there is no such file.

    Raises:
        CannotSee: not a regular file.
        OSError: it cannot be read.
    """
    status = reader.stat(path)
    if status is None:
        return None
    if not status.is_file:
        raise CannotSee(f"{path} is not a regular file")
    start = _resumed(reader, path, status.inode, status.size, mark)
    floor = max(0, status.size - BOUND)
    if start is not None and start >= floor:
        content = _whole_lines(reader.read_range(path, start, status.size - start))
        entries = _entries(content, parse, since)
        return Tail(entries, False, start == 0, True, _mark(reader, path, status.inode, start + len(content)))
    if status.mtime_ns / 1e9 + 1 < since:
        return Tail(
            (), False, False, False, _mark(reader, path, status.inode, _last_line_end(reader, path, status.size))
        )
    content, begin, enough = _backwards(reader, path, status.size, parse, since)
    entries = _entries(content, parse, since)
    end = begin + len(content)
    truncated = (not enough and begin > 0) or len(entries) > LINES
    return Tail(entries[-LINES:], truncated, begin == 0, False, _mark(reader, path, status.inode, end))


def _resumed(reader: Reader, path: str, inode: int, size: int, mark: Mark | None) -> int | None:
    """Where reading goes on: only if the file is the same and still ends there as it did."""
    if mark is None or mark[0] != inode or mark[1] > size or _before(reader, path, mark[1]) != mark[2]:
        return None
    return mark[1]


def _mark(reader: Reader, path: str, inode: int, offset: int) -> Mark:
    return inode, offset, _before(reader, path, offset)


def _before(reader: Reader, path: str, offset: int) -> str:
    length = min(offset, _GUARD)
    return reader.read_range(path, offset - length, length).hex() if length else ""


def _last_line_end(reader: Reader, path: str, size: int) -> int:
    start = max(0, size - _FIRST)
    return start + len(_whole_lines(reader.read_range(path, start, size - start)))


def _whole_lines(content: bytes) -> bytes:
    """Without the last line while it is still being written."""
    return content[: content.rfind(b"\n") + 1]


def _backwards(reader: Reader, path: str, size: int, parse: Parse, since: float) -> tuple[bytes, int, bool]:
    """The end of the file, where it begins, and whether everything since then is in it."""
    length = _FIRST
    while True:
        begin = max(0, size - length)
        content = reader.read_range(path, begin, size - begin)
        if begin:
            skipped = content.find(b"\n") + 1
            content, begin = content[skipped:], begin + skipped
        content = _whole_lines(content)
        first = next((entry for line in first_lines(content) if (entry := parse(line))), None)
        enough = first is not None and first.time + 1 <= since
        if enough or begin == 0 or length >= BOUND:
            return content, begin, enough
        length = min(length * 8, BOUND)


def _entries(content: bytes, parse: Parse, since: float) -> tuple[Entry, ...]:
    found = (parse(line) for line in first_lines(content))
    return tuple(entry for entry in found if entry and entry.time + 1 > since)
