"""The tree of an app: one walk, told as classes of like entries."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileClass:
    """Entries of one section that are alike to every rule.

    Attributes:
        section: ``code``, ``vendor``, ``public``, ``storage``, ``cache`` (bootstrap/cache), ``git`` or ``ignored``.
        kind: ``f`` file, ``d`` directory, ``l`` link, ``p`` FIFO, ``s`` socket, ``b``/``c`` device.
        mode: permission bits with setuid, setgid and sticky (0o7777 mask).
        uid, gid: numeric owner.
        linked: more than one hard link (regular files only).
        groups: per directory (relative to the tree's root, ``.`` for the root), the names joined by ``/``.
            Names are decoded with surrogateescape.
        count: number of entries.
    """

    section: str
    kind: str
    mode: int
    uid: int
    gid: int
    linked: bool
    groups: tuple[tuple[str, str], ...]
    count: int

    def paths(self) -> Iterator[str]:
        """Every path of the class, relative to the tree's root."""
        for directory, names in self.groups:
            for name in names.split("/"):
                yield name if directory == "." else f"{directory}/{name}"


@dataclass(frozen=True, slots=True)
class SectionTimes:
    """The newest entries of a section: path relative to the root, time in nanoseconds since the epoch."""

    section: str
    newest_mtime: int
    newest_mtime_path: str
    newest_ctime: int
    newest_ctime_path: str


@dataclass(frozen=True, slots=True)
class Files:
    """One walk of the app's real directory. The root itself is the entry ``.`` of section ``code``.

    ``signature`` changes whenever an entry of code, vendor, public or cache is added, removed or changed
    (its ctime moves). ``vanished`` counts entries that went away during the walk; ``unreadable`` holds paths that
    could not be read with the reason; a walk with unreadable parts proves nothing about them.
    ``links`` are symbolic links: path and target. A storage directory that is a link out of the tree
    (shared/storage) is walked too, as section ``storage``, under the link's own path.
    """

    root: str
    count: int
    classes: tuple[FileClass, ...]
    times: tuple[SectionTimes, ...]
    links: tuple[tuple[str, str], ...]
    signature: str
    vanished: int
    unreadable: tuple[tuple[str, str], ...]
    seconds: float
