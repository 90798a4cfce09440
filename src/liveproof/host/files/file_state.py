"""Whether what something was made from is still the same: the state of files and directories as one text."""

from dataclasses import dataclass

from liveproof.host.files.reader import FileReader, Stat

_MAGIC = "*?["
# Two changes within one tick of a file system's clock have the same time; the coarsest have ticks of two seconds.
TICK_NS = 2_000_000_000


def settled(ctime_ns: int, since: float) -> bool:
    """Whether a change after ``since`` (epoch seconds) must give another ctime: only then a state may be remembered."""
    return ctime_ns < since * 1e9 - TICK_NS


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was read: ``files`` whole, ``present`` for being there (logs grow), ``patterns`` for what they match."""

    files: tuple[str, ...]
    present: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The state of some inputs: equal text, equal inputs. ``ctimes`` are epoch seconds, of the files that are there."""

    text: str
    ctimes: tuple[tuple[str, float], ...]
    newest: int

    def settled(self, since: float) -> bool:
        """Whether nothing changed shortly before ``since`` (epoch seconds), or after it."""
        return settled(self.newest, since)


def state(reader: FileReader, inputs: Inputs) -> State:
    """Look at the inputs; one that cannot be looked at is as good as its error."""
    lines: list[str] = []
    ctimes: list[tuple[str, float]] = []
    newest = 0
    for path in inputs.files:
        found = _stat(reader, path)
        if isinstance(found, Stat):
            newest = max(newest, found.ctime_ns)
            ctimes.append((path, found.ctime_ns / 1e9))
            lines.append(
                f"{path} {found.mode} {found.uid} {found.gid} {found.size} {found.mtime_ns} {found.ctime_ns} "
                f"{found.inode} {found.device}"
            )
        else:
            lines.append(f"{path} {found}")
    for path in inputs.present:
        found = _stat(reader, path)
        lines.append(f"{path} {found.mode} {found.uid} {found.gid}" if isinstance(found, Stat) else f"{path} {found}")
    lines += [f"{pattern} {_matching(reader, pattern)}" for pattern in inputs.patterns]
    return State("\n".join(lines), tuple(ctimes), newest)


def signature(reader: FileReader, *paths: str) -> str:
    """The state of files that are known before, as one text; empty while they are too new to be remembered by it."""
    current = state(reader, Inputs(paths))
    return current.text if current.settled(reader.now()) else ""


def _stat(reader: FileReader, path: str) -> Stat | str:
    try:
        return reader.stat(path) or "-"
    except OSError as error:
        return error.strerror or str(error)


def _matching(reader: FileReader, pattern: str) -> str:
    """The names in the pattern's directory, which is cheaper than matching them and tells at least as much."""
    directory = pattern.rpartition("/")[0]
    if any(char in directory for char in _MAGIC):
        return "\0".join(reader.glob(pattern))
    try:
        return "\0".join(reader.list(directory or "/"))
    except OSError as error:
        return error.strerror or str(error)
