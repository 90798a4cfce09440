"""Whether what something was made from is still the same: the state of files and directories as one text."""

from dataclasses import dataclass

from liveproof.host.files.reader import FileReader, Stat

_MAGIC = "*?["
# A change within this time of the reading might not move any time stamp: such a state is not remembered.
_SETTLED = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was read: ``files`` whole, ``present`` for being there (logs grow), ``patterns`` for what they match."""

    files: tuple[str, ...]
    present: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """The state of some inputs: equal text, equal inputs. ``ctimes`` are epoch seconds, of the files that are there."""

    text: str
    ctimes: tuple[tuple[str, float], ...]
    newest: int

    def settled(self, since: float) -> bool:
        """Whether nothing changed shortly before ``since`` (epoch seconds), or after it."""
        return self.newest < since * 1e9 - _SETTLED


def state(reader: FileReader, inputs: Inputs) -> State:
    """Look at the inputs; one that cannot be looked at is as good as its error."""
    lines: list[str] = []
    ctimes: list[tuple[str, float]] = []
    newest = 0
    for path in inputs.files:
        status = _stat(reader, path)
        if isinstance(status, Stat):
            newest = max(newest, status.ctime_ns)
            ctimes.append((path, status.ctime_ns / 1e9))
            lines.append(
                f"{path} {status.mode} {status.uid} {status.gid} {status.size} {status.mtime_ns} {status.ctime_ns} "
                f"{status.inode} {status.device}"
            )
        else:
            lines.append(f"{path} {status}")
    for path in inputs.present:
        status = _stat(reader, path)
        lines.append(
            f"{path} {status.mode} {status.uid} {status.gid}" if isinstance(status, Stat) else f"{path} {status}"
        )
    lines += [f"{pattern} {_matching(reader, pattern)}" for pattern in inputs.patterns]
    return State("\n".join(lines), tuple(ctimes), newest)


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
