"""PHP files that the app can load: whether the pool's PHP can parse them."""

from typing import Literal

from liveproof.model.dataclass import dataclass

How = Literal["empty", "hollow", "cut off", "syntax"]


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file that PHP cannot use.

    Attributes:
        path: absolute and real.
        how: ``empty`` has no bytes, ``hollow`` declares nothing, though Composer found classes in both; ``cut off``
            ends where PHP expects more; ``syntax`` does not parse.
        line: where PHP stopped, 0 where that does not apply.
        certain: the app loads it, or it cannot have been meant so. Else it may be a template, or meant for a later PHP.
    """

    path: str
    how: How
    line: int
    certain: bool


@dataclass(frozen=True, slots=True)
class PhpFiles:
    """The app's own PHP files, and those of packages that Composer's autoloader names.

    Attributes:
        php: the versions of PHP that parsed them, each one of a pool's.
        parsed: how many parse, or did when they were last changed.
        broken: those that do not.
        left: how many were not looked at in the time that there was; the next check goes on with them.
        unread: files that the app's user cannot read, or that are too large, among those that it loads.
        why: why the others were not looked at, empty where all were.
    """

    php: tuple[str, ...]
    parsed: int
    broken: tuple[BrokenFile, ...]
    left: int
    unread: tuple[str, ...]
    why: str
