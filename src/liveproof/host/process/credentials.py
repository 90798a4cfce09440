"""Whom a process really runs as, from /proc/PID/status (proc_pid_status(5)).

The owner of /proc/PID is the effective user alone: that of a set-user-id program is root, whoever started it.
"""

from dataclasses import dataclass

from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import FileReader


@dataclass(frozen=True, slots=True)
class Credentials:
    """Real, effective, saved and file system user; the effective group; all groups, that one first."""

    uids: tuple[int, int, int, int]
    gid: int
    groups: tuple[int, ...]

    @property
    def uid(self) -> int:
        """The effective user."""
        return self.uids[1]

    @property
    def is_root(self) -> bool:
        """Root in every respect: not a user's process that runs a set-user-id program under a title of its choice."""
        return self.uids == (0, 0, 0, 0)


def credentials(reader: FileReader, pid: int) -> Credentials | None:
    """The credentials of a process, None when it is gone or may not be looked at."""
    try:
        text = reader.read(f"/proc/{pid}/status").decode(errors="replace")
    except (OSError, CannotSee):
        return None
    fields = {
        name: value.split() for name, colon, value in (line.partition(":") for line in text.splitlines()) if colon
    }
    try:
        real, effective, saved, files = (int(number) for number in fields["Uid"])
        gid = int(fields["Gid"][1])
        groups = tuple(int(number) for number in fields["Groups"])
    except (KeyError, ValueError, IndexError):
        return None
    return Credentials((real, effective, saved, files), gid, (gid, *(group for group in groups if group != gid)))
