"""The tree of an app: one walk, reported as classes of like entries."""

from collections.abc import Iterator

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class FileClass:
    """Entries of one section that are alike to every rule.

    Attributes:
        section: ``code``, ``vendor``, ``public``, ``storage``, ``cache`` (bootstrap/cache), ``env`` (.env), ``git`` or
            ``ignored`` (node_modules, and what the configuration ignores: told, not looked into).
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

    ``signature`` changes whenever an entry of code, vendor, public, cache or env is added, removed or changed (its
    ctime moves); while the newest change is so fresh that another could hide behind it, no two are equal. ``vanished``
    counts entries that went away during the walk; ``unreadable`` holds paths that could not be read with the reason; a
    walk with unreadable parts proves nothing about them.

    ``sources`` is the same without the times of databases that the app writes among its code (``database/*.sqlite`` and
    what SQLite keeps beside them); their names count. In ``times`` these are of section ``data``, in ``classes`` code.

    ``links`` are symbolic links: path and target. A storage directory that is a link out of the tree (shared/storage)
    is walked too, as section ``storage``, under the link's own path; so are vendor, public and bootstrap/cache.
    ``followed`` tells for each of these links the real directory. ``users`` and ``groups`` are numbers with their
    names, for the app's user, for everyone who owns an entry, and for whom the policy names. ``settled``: the newest
    change is old enough for the signature to be used again.
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
    followed: tuple[tuple[str, str], ...] = ()
    users: tuple[tuple[int, str], ...] = ()
    groups: tuple[tuple[int, str], ...] = ()
    settled: bool = True
    sources: str = ""

    def owner(self, uid: int, gid: int) -> str:
        """``user:group`` in words, numbers where there is no name."""
        return f"{dict(self.users).get(uid, uid)}:{dict(self.groups).get(gid, gid)}"

    def place(self, path: str) -> tuple[str, str]:
        """The real directory that holds a path without a link in between, and the path below it."""
        for link, target in self.followed:
            if path == link or path.startswith(f"{link}/"):
                return target, path[len(link) + 1 :] or "."
        return self.root, path

    def ignored(self) -> Iterator[str]:
        """What the configuration ignores; node_modules is none of it, for no PHP is run or written there."""
        for kind in self.classes:
            if kind.section == "ignored":
                yield from (path for path in kind.paths() if path.rpartition("/")[2] != "node_modules")

    def real(self, path: str) -> str:
        """The absolute path of something in the tree, without a link that ``place`` knows; an absolute one stays."""
        if path.startswith("/"):
            return path
        root, below = self.place(path)
        return root if below == "." else f"{root}/{below}"

    def unseen(self, *sections: str) -> Unknown | None:
        """Why something of these sections could not be walked; None when everything was."""
        unread = [(path, why) for path, why in self.unreadable if _section(path) in sections]
        if not unread:
            return None
        more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        return Unknown(f"{unread[0][0]} could not be read: {unread[0][1]}{more}")


def _section(path: str) -> str:
    first, _, rest = path.partition("/")
    if first in ("vendor", "public", "storage"):
        return first
    if first == "bootstrap" and (rest == "cache" or rest.startswith("cache/")):
        return "cache"
    return {".git": "git", ".env": "env"}.get(first, "code")
