"""What no rule judges, and what keeps a link from being proven all the same. Pure."""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.release import Release
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link

_SHOWN = 3


def unjudged(
    app: App,
    settings: Settings,
    files: Files | Unknown | Absent,
    release: Release | Unknown | Absent,
    workers: Workers | Unknown | Absent,
) -> Iterator[tuple[Link, str]]:
    """Each link that is not proven, with the reason as a sentence for the administrator."""
    if isinstance(files, Files):
        yield from _ignored(app, settings, files, compared=isinstance(release, Release))
    if isinstance(workers, Workers):
        yield Link.MEMORY, _beside(workers.processes)
    elif isinstance(workers, Unknown):
        yield Link.MEMORY, workers.reason


def _beside(processes: tuple[PhpProcess, ...]) -> str:
    """PHP loads a class once, so a process that was started before a deploy goes on with the code of then."""
    first, more = processes[0], len(processes) - 1
    others = f" and {more} more PHP process{'es' if more > 1 else ''} run" if more else " runs"
    return (
        f"process {first.pid} ({first.told}, started {moment(first.start)}){others} beside PHP-FPM, and which code is "
        f"loaded there is not judged yet: restart it after each deploy, {_restart(first)}"
    )


def _restart(process: PhpProcess) -> str:
    for command, ends in _ENDS.items():
        if process.told.startswith(f"artisan {command}"):
            return f"with `php artisan {ends}` as {process.user}"
    if process.unit and not process.unit.startswith(_SHARED):
        return f"with `systemctl restart {process.unit}`"
    return "in the way that it was started"


# Services that hold processes of others too: restarting these helps nobody.
_SHARED = ("cron", "ssh", "supervisor", "user@", "docker", "containerd")
# How artisan's own processes are reported to begin again (laravel.com/docs: queues, horizon, octane).
_ENDS = {"queue:": "queue:restart", "horizon": "horizon:terminate", "octane:": "octane:reload"}


def _ignored(app: App, settings: Settings, files: Files, *, compared: bool) -> Iterator[tuple[Link, str]]:
    """What the configuration ignores of the app: rights and owners there are not judged, nor is its content."""
    left = tuple(sorted(files.ignored()))
    if not left:
        return
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    why = f"ignored by {settings.source('files.ignore')}: {', '.join(left[:_SHOWN])}{more}"
    yield Link.DISK, why
    if any(not path.startswith("storage/") and path != "storage" for path in left):
        if compared:
            yield Link.RELEASE, why
        if app.laravel:
            yield Link.CACHES, why
