"""What runs artisan or composer for the app, and what rotates its logs.

Crontabs, services, supervisor's programs, deploy scripts and logrotate's configuration are read and taken apart only
when one of them changed: every file and directory that was looked at is remembered with its state.
"""

import posixpath
from collections.abc import Iterator

from liveproof.host.files.file_state import Inputs
from liveproof.host.php.command_line import script_at
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
from liveproof.probes.schedule.found import USER, Call, Watched
from liveproof.probes.schedule.releases import calls_in_releases
from liveproof.probes.schedule.rotation import Entry, entries, rotations
from liveproof.store.cache import Cache

_LOGS = 50


@dataclass(frozen=True, slots=True)
class _Collected:
    """What the host's configuration says, of every app; ``by_root`` as path and source."""

    calls: tuple[Call, ...]
    rotating: tuple[Entry, ...]
    unread: tuple[tuple[str, str], ...]
    by_root: tuple[tuple[str, str], ...]


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
    jobs = [_job(reader, app, accounts, call) for call in (*collected.calls, *_running(reader, app))]
    rotated: tuple[Rotation, ...] = ()
    unread = collected.unread
    try:
        rotated = tuple(rotations(reader, app, _logs(reader, settings, app, laravel), collected.rotating))
    except OSError as error:
        unread = (*unread, ("logrotate", error.strerror or str(error)))
    by_root = tuple(RootRuns(path, source) for path, source in collected.by_root)
    in_releases = tuple(calls_in_releases(reader, app, nginx, collected.calls))
    return Schedule(tuple(dict.fromkeys(filter(None, jobs))), rotated, unread, by_root, in_releases)


def _collected(reader: Reader, cache: Cache, app: App, accounts: Accounts) -> _Collected:
    """From the cache where every file that was read is as it was."""
    supervisors = [process.uid for process in reader.processes() if any("supervisord" in w for w in process.argv[:2])]
    watched = Watched(reader)

    def collect() -> tuple[_Collected, Inputs]:
        from liveproof.probes.schedule.collected import Collector  # noqa: PLC0415  (with all that takes texts apart)

        watched.stat("/etc/passwd")
        collector = Collector(reader, watched, app, accounts, supervisors)
        calls = tuple(dict.fromkeys(collector.calls()))
        rotating = tuple(entries(watched))
        unread, by_root = tuple(watched.unread.items()), tuple(sorted(collector.by_root.items()))
        return _Collected(calls, rotating, unread, by_root), Inputs(tuple(watched.paths))

    return cache.entry("schedule", app.path).memoised_by_inputs(
        reader, (app.real, supervisors, reader.root), collect, _Collected, keep=lambda *_: watched.lasting
    )[0]


def _job(reader: Reader, app: App, accounts: Accounts, call: Call) -> Job | None:
    """The call as a job of this app; None when it is another's, or when nobody has that user's name."""
    account = accounts.user(call.user) if _is_of(reader, app, call.app) else None
    if account is None:
        return None
    right, right_uid = _right(reader, app, accounts, call.tool)
    return Job(
        kind=call.kind,
        source=call.source,
        caller=call.caller,
        line=call.line,
        command=call.command,
        user=account.name,
        uid=account.uid,
        app=call.app,
        right=right,
        right_uid=right_uid,
        replacement=call.replacement.replace(USER, right),
        place=call.place.replace(USER, right),
    )


def _right(reader: Reader, app: App, accounts: Accounts, tool: str) -> tuple[str, int]:
    """Whom a tool should run as: Composer writes the code, so it is its owner's, who need not be the app's user."""
    status = reader.stat(app.below("composer.json")) if tool == "composer" else None
    return (accounts.user_name(status.uid), status.uid) if status else (app.user, app.uid)


def _is_of(reader: Reader, app: App, directory: str) -> bool:
    real = reader.resolve(directory)
    return real == app.real or real.startswith(f"{app.real}/")


def _running(reader: Reader, app: App) -> Iterator[Call]:
    """The processes that run artisan or Composer for the app right now."""
    for process in reader.processes():
        at = script_at(process.argv)
        script = process.argv[at] if 0 < at < len(process.argv) else ""
        name = posixpath.basename(script)
        if name != "artisan" and not name.startswith("composer"):
            continue
        who = credentials(reader, process.pid)
        try:
            directory = reader.readlink(f"/proc/{process.pid}/cwd")
        except OSError:
            directory = ""
        if name == "artisan":
            directory = posixpath.join(directory, posixpath.dirname(script))
        if who is None or not directory.startswith("/") or not _is_of(reader, app, directory):
            continue
        command = " ".join(hide_in_arguments(process.argv))
        yield Call(
            tool="artisan" if name == "artisan" else "composer",
            kind="process",
            source=f"/proc/{process.pid}",
            caller="",
            line=command,
            command=command,
            user=str(who.uid),
            app=app.path,
            replacement=f"cd {app.path} && sudo -u {USER} {command}",
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
