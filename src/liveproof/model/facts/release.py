"""The intended release and how the disk differs from it."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """The disk against the intended release.

    ``kind`` is ``git``, ``manifest`` or ``directory``; ``intended`` the commit, manifest or directory (its real
    path) named, of which the last is compared with nothing; ``changed``, ``missing`` are paths below the app whose
    content or presence differs; ``skipped`` are paths that could not be compared, with the reason (filters,
    submodules). ``compared`` counts files proven equal or different. ``modes`` are files that have the right
    content and have lost the executable bit that the commit gives them.
    ``untracked`` are PHP files that the release does not have, below the document root or among its own code.
    ``ignored`` are such files below the document root that the repository ignores, each with the file that says so.
    ``id`` is the release's own of a signed manifest, ``signed_by`` the id of the key that verified it. ``digest`` names
    what was compared wherever it lies: the commit, the SHA-256 of a manifest's text, of a signed one the release's.
    """

    kind: str
    intended: str
    compared: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    seconds: float
    modes: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    id: str = ""
    signed_by: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """What is intended, in words."""
        if self.signed_by:
            return f"release {self.id} (manifest {self.intended}, signed by key {self.signed_by[:16]})"
        return f"commit {self.intended[:12]}" if self.kind == "git" else f"{self.kind} {self.intended}"
