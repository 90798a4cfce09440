"""The values of this room: what is to be watched, and what happened."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What happened to a path. After a directory or a link is ``CREATED`` or ``MOVED_TO``, look at all below."""

    CREATED = "created"
    DELETED = "deleted"
    MOVED_FROM = "moved away"
    MOVED_TO = "moved here"
    WRITTEN = "written"  # closed after it was open for writing
    MODIFIED = "modified"  # written to, still open: only where ``Watch.modify`` asks for it
    ATTRIBUTES = "attributes changed"  # owner, mode, times, number of links, extended attributes
    # These speak of the watching itself.
    RESCAN = "not seen until now"  # everything at and below the path may have changed unseen
    OVERFLOW = "events were lost"  # the same for every watched path; ``path`` is empty
    UNWATCHED = "cannot be watched"  # nor what lies below it; ``gaps`` says why


@dataclass(frozen=True, slots=True)
class Watch:
    """What is to be watched. Paths are absolute, may be links or lead through links, and need not exist yet.

    Each part of each path is watched as well (a link that is moved, a directory above that loses its search
    permission), and so is what a link leads to.

    Attributes:
        trees: directories, with everything below them.
        files: single entries: files, sockets, links, or directories without what lies in them.
        excludes: directories in trees whose content is not wanted (they themselves are).
        modify: files, or directories for what lies right in them, of which every write is told, not just the end of
            writing: logs.
    """

    trees: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    modify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Culprit:
    """The process that caused an event, as it was right after it: its program may have been another before (execve(2)).

    ``start`` is epoch seconds, ``comm`` the kernel's short name, ``argv`` the command line (cut after 4096 bytes, and
    not yet without secrets), ``uid`` the effective user. ``parent_comm`` is empty where the parent could not be read.
    """

    pid: int
    start: float
    comm: str
    argv: tuple[str, ...]
    uid: int
    parent: int
    parent_comm: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one path; the same thing to the same path is told once in a batch.

    ``path`` is real: without links but the last part; bytes that are no UTF-8 are surrogates (``os.fsencode``).
    ``process`` is None where the kernel did not prove who it was. ``at`` is epoch seconds of when we read it.
    """

    kind: Kind
    path: str
    process: Culprit | None
    at: float
