"""What runs artisan or composer for the app, and what rotates its logs.

Crontabs, unit files, supervisor's programs, deploy scripts and logrotate's configuration are read and taken apart only
when one of them changed: every file and directory that was looked at is remembered with its status.
"""

import posixpath
import zlib
from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any

from liveproof import __version__
from liveproof.host.accounts import Accounts
from liveproof.host.memory import Memory
from liveproof.host.php_command import is_php, script_at
from liveproof.host.processes import Process
from liveproof.host.reader import CannotSee, Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.schedule import Job, Rotation, Schedule
from liveproof.model.findings import Absent, Unknown
from liveproof.model.secrets import hide_in_command
from liveproof.model.settings import Settings
from liveproof.probes.schedule import logrotate
from liveproof.probes.schedule.collected import Collector, Found
from liveproof.probes.schedule.rotated import entries, rotations
from liveproof.probes.schedule.watched import Watched, unchanged

_LOGS = 50


def probe(
    reader: Reader, settings: Settings, memory: Memory, app: App, *, laravel: Laravel | Unknown | Absent
) -> Schedule:
    """Look at what runs on its own; a place that cannot be read is told as unread."""
    accounts = Accounts(reader)
    found, rotating, unread = _collected(reader, memory, app, accounts)
    jobs = [job for each in found if (job := _job(reader, app, accounts, each))]
    jobs += _running(reader, app, accounts)
    rotated: tuple[Rotation, ...] = ()
    try:
        rotated = tuple(rotations(reader, app, _logs(reader, settings, app, laravel), rotating))
    except OSError as error:
        unread = (*unread, ("logrotate", error.strerror or str(error)))
    return Schedule(tuple(dict.fromkeys(jobs)), rotated, unread)


_Rotating = list[tuple[str, logrotate.Entry]]
_Unread = tuple[tuple[str, str], ...]


def _collected(reader: Reader, memory: Memory, app: App, accounts: Accounts) -> tuple[list[Found], _Rotating, _Unread]:
    """What the host's configuration says, from memory where every file that was read is as it was."""
    name = f"schedule-{zlib.crc32(app.path.encode('utf-8', 'surrogateescape')):08x}"
    supervisors = [process.uid for process in reader.processes() if any("supervisord" in w for w in process.argv[:2])]
    signature = f"{__version__} {app.path} {app.real} {supervisors} {reader.root}"
    kept: Any = memory.recall(name, signature)
    if kept is not None and unchanged(reader, kept["stamps"]):
        return (
            [Found(*each) for each in kept["found"]],
            [(path, _entry(*each)) for path, each in kept["rotating"]],
            tuple((place, reason) for place, reason in kept["unread"]),
        )
    watched = Watched(reader)
    watched.stat("/etc/passwd")
    directories = dict.fromkeys((app.path, app.real, posixpath.dirname(app.path)))
    found = list(Collector(reader, watched, _home(accounts)).everything(tuple(directories)))
    rotating = entries(watched)
    unread = tuple(watched.unread.items())
    if watched.settled():
        memory.keep(
            name,
            signature,
            {
                "stamps": watched.stamps,
                "found": [astuple(each) for each in found],
                "rotating": [(path, (each.patterns, astuple(each.said), each.number)) for path, each in rotating],
                "unread": unread,
            },
        )
    return found, rotating, unread


def _entry(patterns: list[str], said: list[Any], number: int) -> logrotate.Entry:
    return logrotate.Entry(tuple(patterns), logrotate.Said(*said), number)


def _home(accounts: Accounts) -> Callable[[str], str | None]:
    """Home directories, each user asked for once."""
    known: dict[str, str | None] = {}

    def home(user: str) -> str | None:
        if user not in known:
            account = accounts.user(user)
            known[user] = account.home if account else None
        return known[user]

    return home


def _job(reader: Reader, app: App, accounts: Accounts, found: Found) -> Job | None:
    """The call as a job of this app; None when it is another's, or when nobody has that user's name."""
    if not found.app or not _is_of(reader, app, found.app):
        return None
    account = accounts.user(found.user)
    if account is None:
        return None
    return Job(
        kind=found.kind,
        source=found.source,
        caller=found.caller,
        line=hide_in_command(found.line.strip()),
        command=hide_in_command(found.command),
        user=account.name,
        uid=account.uid,
        app=found.app,
        replacement=hide_in_command(found.replacement.strip().replace("\0", app.user)),
        place=found.place.replace("\0", app.user),
    )


def _is_of(reader: Reader, app: App, directory: str) -> bool:
    real = reader.resolve(directory)
    return real == app.real or real.startswith(f"{app.real}/")


def _running(reader: Reader, app: App, accounts: Accounts) -> Iterator[Job]:
    """The processes that run artisan or composer for the app right now."""
    for process in reader.processes():
        if not is_php(process.argv[0]):
            continue
        at = script_at(process.argv)
        script = process.argv[at] if 0 < at < len(process.argv) else ""
        name = posixpath.basename(script)
        if name != "artisan" and not name.startswith("composer"):
            continue
        cwd, uid = _cwd(reader, process), _effective(reader, process)
        place = posixpath.join(cwd, posixpath.dirname(script)) if name == "artisan" else cwd
        if uid is None or not place.startswith("/") or not _is_of(reader, app, place):
            continue
        command = hide_in_command(" ".join(process.argv))
        source, place = f"/proc/{process.pid}", process.unit or f"process {process.pid}"
        user = accounts.user_name(uid)
        replacement = f"cd {app.path} && sudo -u {app.user} {command}"
        yield Job("process", source, "", command, command, user, uid, app.path, replacement, place)


def _cwd(reader: Reader, process: Process) -> str:
    try:
        return reader.readlink(f"/proc/{process.pid}/cwd")
    except OSError:
        return ""


def _effective(reader: Reader, process: Process) -> int | None:
    """The effective user, read from the process itself: the owner of its /proc entry can be root's (proc(5))."""
    try:
        status = reader.read(f"/proc/{process.pid}/status", 8192)
    except (OSError, CannotSee):
        return None
    line = next((line for line in status.split(b"\n") if line.startswith(b"Uid:")), b"")
    fields = line.split()
    return int(fields[2]) if len(fields) > 2 else None


def _logs(reader: Reader, settings: Settings, app: App, laravel: Laravel | Unknown | Absent) -> tuple[str, ...]:
    """The app's log files: what the configurations name, else what lies in storage/logs."""
    if isinstance(laravel, Laravel) and isinstance(laravel.log_files, tuple):
        return (*settings.logs, *laravel.log_files)
    try:
        names = [name for name in reader.list(app.below("storage/logs")) if name.endswith(".log")]
    except OSError:
        names = []
    return (*settings.logs, *(app.below(f"storage/logs/{name}") for name in names[-_LOGS:]))
