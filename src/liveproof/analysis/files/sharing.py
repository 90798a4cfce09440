"""Directories that two users write: the one who deploys, and the app's own, who gets there by the group. Pure."""

from collections.abc import Iterator

from liveproof.analysis.files.ownership import WRITTEN
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files

SETGID = 0o2000
_GROUP_WRITES = 0o020
# Tags of acl(5) as the kernel numbers them.
USER, GROUP, MASK = 2, 8, 16


@dataclass(frozen=True, slots=True)
class Sharing:
    """The shared directories of an app: those that keep their group, by what, and those that lose it.

    ``lost`` has each with its class. All three are empty where no other user than the app's own writes there.
    """

    setgid: tuple[str, ...]
    inherited: tuple[str, ...]
    lost: tuple[tuple[str, FileClass], ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.setgid) + len(self.inherited) + len(self.lost)


def sharing(app: App, files: Files, access: Access) -> Sharing:
    """What of an app's storage and caches is shared by its group, and whether that stays so."""
    inherited = frozenset(access.inherited)
    setgid: list[str] = []
    handed: list[str] = []
    lost: list[tuple[str, FileClass]] = []
    for kind in _classes(app, files):
        for path in kind.paths():
            if path in inherited:
                handed.append(path)
            elif kind.mode & SETGID:
                setgid.append(path)
            else:
                lost.append((path, kind))
    return Sharing(tuple(sorted(setgid)), tuple(sorted(handed)), tuple(sorted(lost, key=lambda one: one[0])))


def shared(app: App, files: Files) -> Iterator[str]:
    """The shared directories of an app, relative to its tree; none where only the app's user writes there."""
    return (path for kind in _classes(app, files) for path in kind.paths())


def _classes(app: App, files: Files) -> list[FileClass]:
    """Directories that the app's group may write, where another user is meant to write there too.

    That is so where one of them belongs to another user than root and the app's, or is setgid: somebody set it up so.
    Directories of root are a fault of their own, and one that only its owner may write is shared with nobody.
    """
    if app.uid <= 0:
        return []
    groups = {app.gid, *app.groups}
    found = [
        kind
        for kind in files.classes
        if kind.section in WRITTEN
        and kind.kind == "d"
        and kind.gid in groups
        and kind.gid
        and kind.mode & _GROUP_WRITES
        and kind.uid
    ]
    meant = any(kind.uid != app.uid or kind.mode & SETGID for kind in found)
    return found if meant else []
