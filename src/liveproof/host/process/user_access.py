"""What another user may do with paths, asked of the kernel as that user, in the view of one of its processes.

access(2) as the user itself counts mode bits, ACLs, parent directories, read-only mounts, immutable flags and what a
unit's sandbox hides, without opening or changing anything.
"""

import os
from collections.abc import Sequence
from enum import Enum

from liveproof.host.child_process import Lost, OutOfTime, forked
from liveproof.host.errors import CannotSee
from liveproof.host.process.command import Identity
from liveproof.host.process.switch_user import become

READ, WRITE, SEARCH = os.R_OK, os.W_OK, os.X_OK

_ROOM, _INODES = 64 * 1024, 16  # what a log line, a session or a compiled view needs at least

# What is asked: a path and the rights wanted, or-ed.
Question = tuple[str, int]


class Answer(Enum):
    """Whether the user may; READ_ONLY is a denial by the mount, UNSEEN any other error (a circle of links, I/O).

    FULL: it may write, but the file system has no room left for that, or no inode, but for root (statvfs(3)).
    """

    ALLOWED = "y"
    DENIED = "n"
    MISSING = "m"
    READ_ONLY = "r"
    FULL = "f"
    UNSEEN = "?"


def ask(questions: Sequence[Question], identity: Identity, pid: int = 0, seconds: float = 5.0) -> tuple[Answer, ...]:
    """One answer per question, as ``identity`` would get it.

    Args:
        questions: absolute paths as the process sees them; links are followed, as the user's own calls would.
        identity: user, group and supplementary groups.
        pid: a process whose root directory and mounts count; 0 for our own.
        seconds: for all questions together.

    Raises:
        CannotSee: we may not become that user, its process is gone, or the answers took too long.
    """
    if os.geteuid() != 0 and (os.geteuid(), os.getegid()) != (identity.uid, identity.gid):
        raise CannotSee("only root can ask what another user may do; run liveproof as root")

    def answers() -> str:
        become(identity, pid)
        return "".join([_answer(path, rights).value for path, rights in questions])

    try:
        result = forked(answers, seconds)
    except OutOfTime:
        raise CannotSee(
            f"the file system did not say within {seconds:.0f} s what user {identity.uid} may do; does a mount hang?"
        ) from None
    except Lost as error:
        raise CannotSee(f"user {identity.uid}'s rights could not be asked: {error}") from error
    except FileNotFoundError as error:
        raise CannotSee(f"the process {pid} whose view counts has ended") from error
    except OSError as error:
        raise CannotSee(f"we could not become user {identity.uid}: {error.strerror}") from error
    return tuple(_BY_VALUE[value] for value in result)


_BY_VALUE = {answer.value: answer for answer in Answer}


def _answer(path: str, rights: int) -> Answer:
    if os.access(path, rights):
        return Answer.FULL if rights & os.W_OK and _full(path) else Answer.ALLOWED
    try:
        os.stat(path)
        if rights & os.W_OK and os.statvfs(path).f_flag & os.ST_RDONLY:
            return Answer.READ_ONLY
    except (FileNotFoundError, NotADirectoryError):
        return Answer.MISSING
    except PermissionError:
        return Answer.DENIED
    except OSError:
        return Answer.UNSEEN
    return Answer.DENIED


def _full(path: str) -> bool:
    try:
        there = os.statvfs(path)
    except OSError:
        return False
    return there.f_bavail * there.f_frsize < _ROOM or (there.f_files > 0 and there.f_favail < _INODES)
