"""What runs artisan or composer for the app, and what rotates its logs.

Crontabs, services, supervisor's programs, deploy scripts and logrotate's configuration are read and taken apart only
when one of them changed: every file and directory that was looked at is remembered with its state.
"""

import functools
import posixpath
from collections.abc import Iterator
from dataclasses import replace

from liveproof.host.files.file_state import Inputs
from liveproof.host.php.command_line import is_php, script_at
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.credentials import credentials
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.schedule import Job, RootRuns, Rotation, Schedule
from liveproof.model.findings import Absent, Unknown
from liveproof.model.secrets import hide_in_arguments
from liveproof.model.settings import Settings
from liveproof.probes.schedule.found import Found, Watched, folded
from liveproof.probes.schedule.releases import calls_in_releases
from liveproof.probes.schedule.rotation import Entry, entries, rotations
from liveproof.store.cache import Cache

_LOGS = 50
_PROCESSES = 300
_LONG = 2000


def probe(
    reader: Reader,
    settings: Settings,
    cache: Cache,
    app: App,
    *,
    laravel: Laravel | Unknown | Absent,
    nginx: Nginx | Unknown | Absent,
) -> Schedule:
    """Look at what runs on its own; a place that cannot be read is reported as unread."""
    accounts = Accounts(reader)
    collected = _collected(reader, cache, app, accounts)
    unread = collected.unread
    jobs = [job for each in collected.found if (job := _job(reader, app, accounts, each))]
    jobs += folded(
        _running(reader, app, accounts),
        _PROCESSES,
        lambda job: (job.uid, job.right_uid),
        lambda job, more: replace(job, more=more),
    )
    rotated: tuple[Rotation, ...] = ()
    try:
        rotated = tuple(rotations(reader, app, _logs(reader, settings, app, laravel), collected.rotating))
    except OSError as error:
        unread = (*unread, ("logrotate", error.strerror or str(error)))
    by_root = tuple(RootRuns(path, source) for path, source in collected.by_root)
    in_releases = tuple(calls_in_releases(reader, app, nginx, collected.found))
    return Schedule(tuple(dict.fromkeys(jobs)), rotated, unread, by_root, in_releases)


@dataclass(frozen=True, slots=True)
class _Collected:
    """What the host's configuration says, of every app."""

    found: tuple[Found, ...]
    rotating: tuple[Entry, ...]
    unread: tuple[tuple[str, str], ...]
    by_root: tuple[tuple[str, str], ...]


def _collected(reader: Reader, cache: Cache, app: App, accounts: Accounts) -> _Collected:
    """From memory where every file that was read is as it was."""
    supervisors = [process.uid for process in reader.processes() if any("supervisord" in w for w in process.argv[:2])]
    watched = Watched(reader)

    def collect() -> tuple[_Collected, Inputs]:
        from liveproof.probes.schedule.collected import Collector  # noqa: PLC0415  (with all that takes texts apart)

        @functools.cache
        def home(user: str) -> str | None:
            account = accounts.user(user)
            return account.home if account else None

        watched.stat("/etc/passwd")
        collector = Collector(reader, watched, app, home)
        found = tuple(each.hidden() for each in collector.everything())
        rotating = tuple(entries(watched))
        unread, by_root = tuple(watched.unread.items()), tuple(sorted(collector.by_root.items()))
        return _Collected(found, rotating, unread, by_root), Inputs(tuple(watched.states))

    return cache.entry("schedule", app.path).memoised_by_inputs(
        reader,
        (app.real, supervisors, reader.root),
        collect,
        _Collected,
        keep=lambda _, state: watched.lasting and state.text == "\n".join(watched.states.values()),
    )[0]


def _job(reader: Reader, app: App, accounts: Accounts, found: Found) -> Job | None:
    """The call as a job of this app; None when it is another's, or when nobody has that user's name."""
    if not found.app or not _is_of(reader, app, found.app):
        return None
    account = accounts.user(found.user)
    if account is None:
        return None
    right, right_uid = _right(reader, app, accounts, found.tool)
    return Job(
        kind=found.kind,
        source=found.source,
        caller=found.caller,
        line=found.line.strip(),
        command=found.command,
        user=account.name,
        uid=account.uid,
        app=found.app,
        right=right,
        right_uid=right_uid,
        replacement=found.replacement.strip().replace("\0", right),
        place=found.place.replace("\0", right),
        more=found.more,
    )


def _right(reader: Reader, app: App, accounts: Accounts, tool: str) -> tuple[str, int]:
    """Whom a tool should run as: Composer writes the code, so it is its owner's, who need not be the app's user."""
    status = reader.stat(app.below("composer.json")) if tool == "composer" else None
    return (accounts.user_name(status.uid), status.uid) if status else (app.user, app.uid)


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
        try:
            place = reader.readlink(f"/proc/{process.pid}/cwd")
        except OSError:
            place = ""
        if name == "artisan":
            place = posixpath.join(place, posixpath.dirname(script))
        who = credentials(reader, process.pid)
        if who is None or not place.startswith("/") or not _is_of(reader, app, place):
            continue
        command = " ".join(hide_in_arguments(process.argv))
        if len(command) > _LONG:
            command = f"{command[:_LONG]} … ({len(command) - _LONG} more characters)"
        right, right_uid = _right(reader, app, accounts, "artisan" if name == "artisan" else "composer")
        yield Job(
            kind="process",
            source=f"/proc/{process.pid}",
            caller="",
            line=command,
            command=command,
            user=accounts.user_name(who.uid),
            uid=who.uid,
            app=app.path,
            right=right,
            right_uid=right_uid,
            replacement=f"cd {app.path} && sudo -u {right} {command}",
            place=f"End process {process.pid}{f' of {process.unit}' if process.unit else ''} and start instead",
        )


def _logs(reader: Reader, settings: Settings, app: App, laravel: Laravel | Unknown | Absent) -> tuple[str, ...]:
    """The app's log files: what the configurations name, else what lies in storage/logs."""
    if isinstance(laravel, Laravel) and isinstance(laravel.log_files, tuple):
        return (*settings.logs.paths, *laravel.log_files)
    try:
        names = [name for name in reader.list(app.below("storage/logs")) if name.endswith(".log")]
    except OSError:
        names = []
    return (*settings.logs.paths, *(app.below(f"storage/logs/{name}") for name in names[-_LOGS:]))
