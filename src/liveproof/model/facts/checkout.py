"""What is checked out in the app's own git work tree, and what git left there."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An operation that git began and did not end, or a lock: what it is, its path, since when (epoch seconds)."""

    what: str
    path: str
    since: float


@dataclass(frozen=True, slots=True)
class Checkout:
    """The app's git work tree.

    Attributes:
        directory: the git directory.
        head: the commit that is checked out.
        branch: the branch that HEAD names; empty when it names a commit.
        upstream: what the branch follows (``refs/remotes/origin/main``); empty when nothing is known of it.
        fetched: the commit of ``upstream`` as it was last fetched; empty without.
        ahead: whether ``fetched`` has commits that ``head`` lacks; None where git could not tell, with ``unseen``.
        unseen: why; empty when nothing failed.
        unfinished: merges, rebases and the like.
        locks: lock files.
        owner: whose the git directory is (uid and name).
        tree_owner: whose the work tree is.
        trusted: whether git works there though the owners differ: the system's configuration, or that of one of the
            two, names the tree under ``safe.directory``. Only looked at where they differ.
        foreign: files that each pull writes to and that others own: path and owner's name.
        now: when this was looked at.
    """

    directory: str
    head: str
    branch: str
    upstream: str
    fetched: str
    ahead: bool | None
    unseen: str
    unfinished: tuple[Unfinished, ...]
    locks: tuple[Unfinished, ...]
    owner: tuple[int, str]
    tree_owner: tuple[int, str]
    trusted: bool
    foreign: tuple[tuple[str, str], ...]
    now: float
