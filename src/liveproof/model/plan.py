"""Steps that mend a host, the plan they make, and what came of it; repair.py alone carries a step out."""

from dataclasses import dataclass, field
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
    """Give entries below ``root`` (absolute; ``.`` is the root itself) to ``uid``:``gid``. Never follows a link.

    ``root`` holds no symbolic link in any part (a ``current`` or ``storage`` that is a link: the directory behind it).
    A ``uid`` or ``gid`` of -1 leaves that half as it is. ``names`` is the owner in words (``www-data:www-data``).
    """

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
    ``content`` may hold secrets: it is there for the act alone, and told and kept as ``diff``, its changed lines with
    secrets hidden. A plan that was kept has no content and cannot be applied.
    """

    path: str
    old_sha256: str
    content: str = field(default="", repr=False)
    test: tuple[str, ...] = ()
    diff: str = ""

    @classmethod
    def edit(cls, path: str, old: str, new: str, test: tuple[str, ...]) -> "WriteFile":
        """The step that makes ``old``, the file's text now, to ``new``."""
        import hashlib  # noqa: PLC0415  (a check edits nothing)

        from liveproof.model.secrets import redacted_diff  # noqa: PLC0415

        return cls(
            path,
            hashlib.sha256(old.encode(errors="surrogateescape")).hexdigest(),
            new,
            test,
            redacted_diff(path, old, new),
        )


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
    the undo. ``php`` is the absolute path of the interpreter of the pool's own version. ``umask`` (umask(2)) keeps what
    it makes as closed as what was there: a configuration cache holds every secret of ``.env``.
    """

    app: str
    user: str
    php: str
    arguments: tuple[str, ...]
    writes: tuple[str, ...]
    umask: int = 0o022


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


@dataclass(frozen=True, slots=True)
class SignalMaster:
    """Reload a php-fpm master that no systemd unit runs: SIGUSR2 to exactly this process, after ``test`` succeeded.

    ``start`` is the process's start in epoch seconds: a pid alone may be another process by now.
    """

    pid: int
    start: float
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
    | SignalMaster
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
    SignalMaster,
    RestartUnit,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One act with its reason. ``undo`` says in words how it is taken back; plan.py fills in the codes it ``fixes``.

    ``further``: it mends what would bring the fault back, not the fault; where it is not allowed it alone is held back.

    Raises:
        ValueError: a step that cannot be undone calls itself safe.
    """

    act: Act
    why: str
    undo: str
    safety: Safety = Safety.SAFE
    fixes: tuple[str, ...] = ()
    further: bool = False

    def __post_init__(self) -> None:
        if not self.undo and self.safety is Safety.SAFE:
            raise ValueError(f"a step without an undo is not safe: {self.why}")

    @property
    def order(self) -> int:
        """The place of the step in a plan."""
        return _ORDER.index(type(self.act))

    @property
    def what(self) -> str:
        """What is done, in words: ``give 12 entries below /var/www/x to www-data:www-data``."""
        return _what(self.act)


def _what(act: Act) -> str:  # noqa: PLR0911  (one sentence for each kind)
    match act:
        case ChangeOwner(root, entries, _, _, names):
            return f"give {_entries(root, [entry.path for entry in entries])} to {names}"
        case ChangeMode(root, entries):
            modes = {f"{entry.new:04o}" for entry in entries}
            to = f" to {modes.pop()}" if len(modes) == 1 else ""
            return f"set the mode of {_entries(root, [entry.path for entry in entries])}{to}"
        case MakeDirectory(root, path):
            return f"make the directory {root}/{path}"
        case RemoveFile(root, path):
            return f"remove {root}/{path}"
        case WriteFile(path):
            return f"write {path}"
        case PointSymlink(path, old, target):
            return f"point {path} from {old} to {target}"
        case RunArtisan(_, user, _, arguments):
            return f"run artisan {' '.join(arguments)} as {user}"
        case SignalMaster(pid):
            return f"reload the PHP-FPM master {pid}"
        case _:
            return f"{_VERBS[type(act)]} {act.unit}"


_VERBS: dict[type, str] = {ReloadUnit: "reload", StartUnit: "start", RestartUnit: "restart"}


def _entries(root: str, paths: list[str]) -> str:
    if len(paths) == 1:
        return root if paths[0] == "." else f"{root}/{paths[0]}"
    return f"{len(paths)} entries below {root}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of their application, the codes they mend, and a digest of what they were made from.

    ``app`` is the path of the app as it is served. ``manual`` holds the findings that a person must mend: code and
    advice. ``held_back`` holds steps that ``--allow disruptive`` would add. ``follows`` holds findings that no step
    mends because they should go with their cause: code and the cause's code. ``notices`` holds steps for findings that
    break nothing, which ``--notices`` would add.
    """

    app: str
    steps: tuple[Step, ...]
    held_back: tuple[Step, ...]
    fixes: tuple[str, ...]
    manual: tuple[tuple[str, str], ...]
    digest: str
    follows: tuple[tuple[str, str], ...] = ()
    notices: tuple[Step, ...] = ()


class OutcomeKind(Enum):
    """What came of a plan. ``fixed in part``: what the plan was for is gone, but not all that was found."""

    FIXED = "fixed"
    PARTLY = "fixed in part"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"
    NOTHING_TO_DO = "nothing to do"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan: ``reason`` tells why it was not fixed, or what remains; ``run`` names it for rollback."""

    kind: OutcomeKind
    reason: str = ""
    run: str = ""
