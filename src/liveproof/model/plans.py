"""Steps that mend a host, the plan they make, and what came of it; repair.py alone carries a step out."""

from dataclasses import dataclass
from enum import Enum

from liveproof.model.verdicts import Safety


@dataclass(frozen=True, slots=True)
class Owned:
    """One entry of a tree whose owner is to change: path below the tree's root, and the numeric owner it has now."""

    path: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Moded:
    """One entry of a tree whose mode is to change: path below the root, the permission bits now and then."""

    path: str
    mode: int
    new: int


@dataclass(frozen=True, slots=True)
class ChangeOwner:
    """Give entries below ``root`` (absolute; ``.`` is the root itself) to ``uid``:``gid``. Never follows a link."""

    root: str
    entries: tuple[Owned, ...]
    uid: int
    gid: int
    names: str


@dataclass(frozen=True, slots=True)
class ChangeMode:
    """Set permission bits of entries below ``root``. Never follows a link."""

    root: str
    entries: tuple[Moded, ...]


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """Create a missing directory ``path`` below ``root`` with owner and mode."""

    root: str
    path: str
    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove a derived file ``path`` below ``root`` (a stale compiled view); its content is kept in the journal."""

    root: str
    path: str


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Replace the content of the configuration file ``path`` (absolute); owner and mode stay.

    ``old_sha256`` is the digest of the content the plan was made from; the step is refused when it differs.
    ``test`` is a command that must succeed with the new content in place (``nginx -t``), else the old content returns.
    """

    path: str
    old_sha256: str
    content: str
    test: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PointSymlink:
    """Point the symbolic link ``path`` atomically from ``old`` to ``target``."""

    path: str
    old: str
    target: str


@dataclass(frozen=True, slots=True)
class RunArtisan:
    """Run artisan as the app's user.

    ``writes`` names every file or directory (below ``app``) that the command may change: the journal keeps them for
    the undo. ``php`` is the absolute path of the interpreter of the pool's own version.
    """

    app: str
    user: str
    php: str
    arguments: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReloadUnit:
    """Reload a systemd unit gracefully, after ``test`` (a configuration test) succeeded."""

    unit: str
    test: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StartUnit:
    """Start a stopped systemd unit, after ``test`` succeeded."""

    unit: str
    test: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestartUnit:
    """Restart a systemd unit. Drops what it is doing."""

    unit: str
    test: tuple[str, ...] = ()


Act = (
    ChangeOwner
    | ChangeMode
    | MakeDirectory
    | RemoveFile
    | WriteFile
    | PointSymlink
    | RunArtisan
    | ReloadUnit
    | StartUnit
    | RestartUnit
)

# The order of the seed: owners and modes, then what is derived from the files, then the services.
_ORDER: tuple[type, ...] = (
    MakeDirectory,
    ChangeOwner,
    ChangeMode,
    WriteFile,
    PointSymlink,
    RemoveFile,
    RunArtisan,
    StartUnit,
    ReloadUnit,
    RestartUnit,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One act with its reason. ``undo`` says in words how it is taken back.

    Raises:
        ValueError: a step that cannot be undone calls itself safe.
    """

    act: Act
    why: str
    undo: str
    safety: Safety = Safety.SAFE

    def __post_init__(self) -> None:
        if not self.undo and self.safety is Safety.SAFE:
            raise ValueError(f"a step without an undo is not safe: {self.why}")

    @property
    def order(self) -> int:
        """The place of the step in a plan."""
        return _ORDER.index(type(self.act))


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of their application, the codes they mend, and a digest of what they were made from.

    ``manual`` holds the findings that a person must mend: code and advice. ``held_back`` holds steps that ``--allow
    disruptive`` would add.
    """

    app: str
    steps: tuple[Step, ...]
    held_back: tuple[Step, ...]
    fixes: tuple[str, ...]
    manual: tuple[tuple[str, str], ...]
    digest: str


class OutcomeKind(Enum):
    """What came of a plan."""

    FIXED = "fixed"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"
    NOTHING_TO_DO = "nothing to do"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan: ``reason`` tells why it was not fixed; ``run`` names the run for rollback."""

    kind: OutcomeKind
    reason: str = ""
    run: str = ""
