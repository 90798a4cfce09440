"""Everything on the host that runs artisan or composer for an app, or rotates its logs."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Something that runs artisan or composer for the app.

    Attributes:
        kind: ``cron``, ``systemd``, ``supervisor``, ``process`` (it runs now) or ``script`` (a deploy script that only
            root can run, or that asks for root itself; whether anything calls it is not known).
        source: where it stands: ``/etc/cron.d/x:3``, a unit's or program's file with the line, ``/proc/PID``. For a
            line of a script that a job calls, the script's line.
        caller: what calls that script, empty when the line is the job's own.
        line: the line as it stands, secrets hidden.
        command: the call of artisan or composer alone, secrets hidden.
        user: whom it runs as; ``uid`` is numeric.
        app: the directory of the app it works on, as the line names it.
        right, right_uid: whom it should run as: artisan as the app's user, Composer as the owner of the code.
        replacement: what should stand instead so that it runs as that user, and ``place`` where that belongs, in words
            that the replacement follows (``In /etc/cron.d/x:3 put``).
    """

    kind: str
    source: str
    caller: str
    line: str
    command: str
    user: str
    uid: int
    app: str
    right: str
    right_uid: int
    replacement: str
    place: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """A logrotate entry that matches a log of the app, and what it makes of it.

    Attributes:
        source: ``/etc/logrotate.d/x:7``, where the owner is said (or the entry begins).
        line: the ``create`` or ``su`` line that decides, or the pattern.
        log: the log file that the entry matches.
        creates: whether logrotate puts a new file in the place of the log: ``create`` in force, and the rotation not
            refused or bound to fail.
        user, group, mode: of that new file.
        writable: whether the app's user may write it (True where none is made).
        replacement: the line that gives the new file to the app's user.
    """

    source: str
    line: str
    log: str
    creates: bool
    user: str
    group: str
    mode: int
    writable: bool
    replacement: str


@dataclass(frozen=True, slots=True)
class RootRuns:
    """A file (or, with run-parts, a directory) that root executes by itself: whoever may write it is root.

    Attributes:
        path: absolute, without a symbolic link.
        source: what runs it: ``/etc/cron.d/x:3``, a unit's or program's file.
    """

    path: str
    source: str


@dataclass(frozen=True, slots=True)
class ReleaseCall:
    """A call of artisan that names a release instead of the link to the one that is served.

    Attributes:
        kind, source, caller, line, command, user: as in ``Job``.
        release: the directory of that release, links resolved.
        served: whether it is the release that is served now: from the next deploy on, it is an old one.
        exists: whether its directory is there.
        replacement: what should stand instead so that it goes through the link.
    """

    kind: str
    source: str
    caller: str
    line: str
    command: str
    user: str
    release: str
    served: bool
    exists: bool
    replacement: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs on its own on this host. ``unread`` are places that could not be read, with the reason.

    ``by_root`` is everything else than artisan and Composer that root runs, the programs of the distribution left out.
    ``in_releases`` are the calls of artisan that name a release of the app; running processes are not among them.
    """

    jobs: tuple[Job, ...]
    rotations: tuple[Rotation, ...]
    unread: tuple[tuple[str, str], ...]
    by_root: tuple[RootRuns, ...] = ()
    in_releases: tuple[ReleaseCall, ...] = ()
