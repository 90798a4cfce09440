"""The release directories of an app, the link that names one of them, and what the deploy tool wrote of them."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ReleaseDirectory:
    """A release: its real path and when its own directory was last changed (epoch seconds).

    ``bad``: Deployer's rollback marked it (``BAD_RELEASE``). ``served``: a server block of nginx's leads to it.
    """

    path: str
    changed: float
    bad: bool = False
    served: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What the deploy tool wrote last: the release that it deployed, or rolled back to.

    ``switched``: it was written after the link was switched (Capistrano), not before the release was built (Deployer).
    """

    source: str
    release: str
    written: float
    switched: bool = False


@dataclass(frozen=True, slots=True)
class LinkTo:
    """A symbolic link: its path, where it really leads, and when it was made (epoch seconds)."""

    path: str
    target: str
    changed: float


@dataclass(frozen=True, slots=True)
class ReleaseDirectories:
    """What lies beside the release that is served.

    Attributes:
        directory: the directory that holds the releases.
        link: the app's own link; None when it is served without one.
        releases: those that lie there, the served one too, in the order of their names (numbers as numbers).
        record: the last one of the deploy tool whose release is there and was not rolled back; None without.
        unread: why a record could not be read; empty when nothing failed.
        lock: the deploy tool's lock (``.dep/deploy.lock``), and when it was taken; empty and 0 without.
        locked: see ``lock``.
        pending: Deployer's link ``release`` to the release that is being built; None without.
        nested: links within the served release that lead to a release, or are named like the app's link.
        current: a link ``current`` that names another release than the one that is served; None without.
        served: whether a server block of nginx's serves ``current``; None where that is not known.
        now: when this was looked at.
    """

    directory: str
    link: LinkTo | None
    releases: tuple[ReleaseDirectory, ...]
    record: Record | None
    unread: str
    lock: str
    locked: float
    pending: LinkTo | None
    nested: tuple[LinkTo, ...]
    current: LinkTo | None
    served: bool | None
    now: float
