"""What git was about to do in a work tree, and which branch is followed: read from files in .git, git is not run."""

import os
import re
from collections.abc import Iterable, Iterator

from liveproof.host.git.plumbing import GitFailed, Repository, text_of

_SECTION = re.compile(r'\s*\[\s*([\w.-]+)(?:\s+"([^"]*)")?\s*\]')
_SAFE_NAME = re.compile(r"(?!.*\.\.)[\w/][\w./+@#-]{0,250}")
_LIMIT = 256 * 1024
_HEADS = "refs/heads/"

# What git leaves in its directory until an operation is finished (git-status(1)).
_UNFINISHED = (
    ("MERGE_HEAD", "merge"), ("rebase-merge", "rebase"), ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert"), ("BISECT_LOG", "bisect"),
)  # fmt: skip
# What one git holds against another while it writes.
_LOCKS = ("index.lock", "HEAD.lock", "shallow.lock")
# What `git pull` opens to write and does not replace: whoever may not do so cannot pull.
_WRITTEN = ("FETCH_HEAD", "logs/HEAD")


def upstream(repository: Repository, name: str) -> str:
    """What the configuration says that a branch follows, as ``refs/remotes/origin/main``; empty when it says nothing.

    Only the repository's own configuration is read, without what it includes.

    Raises:
        GitFailed: it is not a regular file.
        OSError: it may not be read.
    """
    values = dict(_section(text_of(f"{repository.common}/config", _LIMIT), "branch", name))
    remote, merge = values.get("remote", ""), values.get("merge", "")
    if not merge.startswith(_HEADS) or not _SAFE_NAME.fullmatch(merge) or not _SAFE_NAME.fullmatch(remote):
        return ""
    return merge if remote == "." else f"refs/remotes/{remote}/{merge[len(_HEADS) :]}"


def trusted(repository: Repository, homes: Iterable[str]) -> bool:
    """Whether the system's configuration, or that of a user with one of these homes, names the tree as safe."""
    system = ("/etc/gitconfig", *(f"{home}/{name}" for home in homes for name in (".gitconfig", ".config/git/config")))
    for path in system:
        try:
            told = text_of(path, _LIMIT)
        except (OSError, GitFailed):
            continue
        for key, value in _section(told, "safe", ""):
            if key == "directory" and (value in ("*", repository.tree) or _covers(value, repository.tree)):
                return True
    return False


def _covers(value: str, tree: str) -> bool:
    return value.endswith("/*") and tree.startswith(value[:-1])


def _section(told: str, name: str, of: str) -> Iterator[tuple[str, str]]:
    """The keys and values of a section of a configuration, which git-config(1) describes, on one line each."""
    within = False
    for line in told.splitlines():
        section = _SECTION.match(line)
        if section:
            within = section[1].lower() == name and (section[2] or "") == of
        elif within:
            key, _, value = line.partition("=")
            yield key.strip().lower(), value.strip().strip('"')


def unfinished(repository: Repository) -> Iterator[tuple[str, str, float]]:
    """Operations that were begun and not ended: what it is, the path that tells it, and since when (epoch seconds)."""
    for name, what in _UNFINISHED:
        path = f"{repository.directory}/{name}"
        changed = _changed(path)
        if changed is not None:
            yield what, path, changed


def locks(repository: Repository) -> Iterator[tuple[str, float]]:
    """Locks that are held, or were left behind: their paths, and since when (epoch seconds)."""
    for name in _LOCKS:
        path = f"{repository.directory}/{name}"
        changed = _changed(path)
        if changed is not None:
            yield path, changed


def foreign(repository: Repository) -> Iterator[tuple[str, int]]:
    """Files that each `git pull` writes to and that are not the repository's owner's: their paths and owners.

    One that its group or everybody may write to is left out.
    """
    for name in _WRITTEN:
        path = f"{repository.directory}/{name}"
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if repository.uid not in (0, status.st_uid) and not status.st_mode & 0o022:
            yield path, status.st_uid


def _changed(path: str) -> float | None:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return None
