"""Everything on the host that runs artisan or composer, or rotates the app's logs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """A crontab line, systemd unit or timer, supervisor program or running process that runs artisan or composer.

    ``source`` is ``/etc/cron.d/x:3``, a unit's or program's file, or ``/proc/PID``; ``user`` is whom it runs as.
    ``app`` is the directory of the app it works on, empty when the line does not tell.
    """

    kind: str
    source: str
    line: str
    user: str
    app: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """A logrotate entry that matches a log of the app: ``create`` and ``su`` as (user, group), empty when not given."""

    source: str
    pattern: str
    create: tuple[str, str, str]
    su: tuple[str, str]
    copytruncate: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """What runs on its own on this host. ``unread`` are places that could not be read, with the reason."""

    jobs: tuple[Job, ...]
    rotations: tuple[Rotation, ...]
    unread: tuple[tuple[str, str], ...]
