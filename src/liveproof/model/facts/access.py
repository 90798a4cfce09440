"""What the app's user may do in the tree, whatever mode bits, ACLs and mounts say."""

from dataclasses import dataclass

from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Access:
    """What the app's user may do, asked as that user in the pool's own mount namespace.

    ``writable``: path below the app (``storage/logs``) to True, False, or Unknown; a path that does not exist is in
    ``missing``. ``unreadable`` are code paths that the pool's user cannot read (files) or search (directories).
    """

    writable: tuple[tuple[str, bool | Unknown], ...]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]
    asked: int
