"""Whether each pool's processes see the files that liveproof sees under the app's paths."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Shadow:
    """A path at which the pool sees another file or directory than liveproof does.

    ``ours`` and ``theirs`` name what stands there, as device and inode, or are empty where nothing does. ``mount`` is
    the mount point in the pool's view that the path lies on. ``code``: what PHP runs lies there, not what the app
    writes.
    """

    path: str
    ours: str
    theirs: str
    mount: str
    code: bool


@dataclass(frozen=True, slots=True)
class View:
    """What a process of the pool sees; ``own`` tells whether it has mounts or a root directory of its own at all."""

    pid: int
    own: bool
    compared: int
    shadows: tuple[Shadow, ...]


@dataclass(frozen=True, slots=True)
class Views:
    """The view of each pool that serves the app, by its id; Unknown where it cannot be compared."""

    pools: tuple[tuple[str, View | Unknown], ...]
