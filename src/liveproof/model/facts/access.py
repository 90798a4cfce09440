"""What the app's user may do in the tree, whatever mode bits, ACLs and mounts say."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Access:
    """What the app's user may do, asked as that user in the pool's own mount namespace.

    ``writable``: path below the app (``storage/logs``; absolute for a log outside) to True, False, or Unknown; a path
    that does not exist is in ``missing``. ``unreadable`` are code paths that the pool's user cannot read (files) or
    search (directories), ``.`` is the app's directory itself. ``asked`` counts the code files and directories judged:
    one by one where their mode bits forbid, by a sample of each class of like entries where they allow. ``read_only``
    are paths that nobody can write in the pool's view because of their mount; ``full`` may be written, but their file
    system has no room or no inode left. ``view`` tells whose view was asked.
    ``fixed`` are absolute paths, of the app and of configuration files, that root itself cannot change, with the reason
    (``is immutable; …``): looked at is what a plan may want to change.

    Of like entries that are denied only so many are listed. ``more_unwritable`` and ``more_unreadable`` count the
    others, which were asked as well; ``more_private`` are those that are unreadable and only their owner's to use.
    ``uncounted``: there were so many that not all were asked. ``inherited`` are the shared directories (see
    analysis/files/sharing.py) that hand down the right to write to the app's user by a default ACL.
    """

    writable: tuple[tuple[str, bool | Unknown], ...]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]
    asked: int
    read_only: tuple[str, ...] = ()
    view: str = ""
    fixed: tuple[tuple[str, str], ...] = ()
    more_unwritable: int = 0
    more_unreadable: int = 0
    more_private: int = 0
    uncounted: bool = False
    inherited: tuple[str, ...] = ()
    full: tuple[str, ...] = ()

    def may_write(self, path: str) -> bool | Unknown | None:
        """Whether the path can be written; None when it is missing or was not asked."""
        return next((can for asked, can in self.writable if asked == path), None)
