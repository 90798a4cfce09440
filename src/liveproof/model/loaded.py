"""Which configuration a running service has loaded, beside the files as they are now."""

from typing import Literal

from liveproof.model.dataclass import dataclass

Way = Literal["changed", "added", "removed", "listing"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that was changed, added or removed; ``listing``: a directory of includes, whose names changed.

    ``when`` is the ctime (epoch seconds) of what was changed, 0 of what is gone.
    """

    path: str
    way: Way
    when: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a service loaded, and what is otherwise on disk now.

    Attributes:
        since: it loaded its configuration no earlier than this (epoch seconds, by the clock of file times): what was
            changed last before that is loaded as it is.
        by: what tells that moment.
        differing: content that is not what was loaded, by the digests that an earlier run kept.
        unsure: changed since, and no run knows the content that was loaded: it may be the same.
    """

    since: float
    by: str
    differing: tuple[Difference, ...] = ()
    unsure: tuple[Difference, ...] = ()
