"""Which scripts each pool executed while liveproof's own requests were answered."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Execution:
    """The front controllers that ran between the look at OPcache before the requests and one right after them.

    ``own`` are those of the app's real directory, ``others`` those of releases beside it, each with its pool
    (``8.2/www``). Other visitors' requests count too, so it tells that a script ran, not for whom. ``unseen`` are the
    pools that could not tell, with the reason.
    """

    own: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    unseen: tuple[tuple[str, Unknown], ...] = ()
