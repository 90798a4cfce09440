"""The PHP processes of the app that outlive a request, by /proc alone."""

import os
import posixpath
from collections.abc import Iterator

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.php.command_line import is_php, script_at
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.secrets import hide_in_arguments

# What artisan does until it is reported to stop.
_LASTING = ("queue:work", "queue:listen", "horizon", "octane:", "schedule:work", "reverb:start", "pulse:work",
            "pulse:check", "websockets:", "nightwatch:agent", "swoole:", "inertia:start-ssr")  # fmt: skip
# s; any other PHP process that is as old as this is no passing one, such as cron's schedule:run.
_PASSING = 10.0
_OPEN_FILES = 256


def probe(reader: Reader, app: App) -> Workers:
    """The app's workers.

    Raises:
        NotThere: the app has none.
        CannotSee: a lasting PHP process may be the app's, and only root can see whether it is.
    """
    accounts = Accounts(reader)
    found = tuple(_workers(reader, app, accounts))
    if not found:
        raise NotThere(f"no queue worker or other lasting PHP process of {app.path} runs")
    return Workers(found)


def _workers(reader: Reader, app: App, accounts: Accounts) -> Iterator[PhpProcess]:
    processes = reader.processes()
    caller, own = _around(processes)
    for process in processes:
        if process.pid in own or not (is_php(process.argv[0]) or is_php(process.kind)):
            continue
        lasting = _is_lasting(process)
        if not lasting and (process.pid in caller or reader.now() - process.start < _PASSING):
            continue
        cwd = _link(reader, f"/proc/{process.pid}/cwd")
        if _is_of(reader, app, process, cwd):
            argv = hide_in_arguments(process.argv)
            user = accounts.user_name(process.uid)
            yield PhpProcess(process.pid, process.start, process.uid, user, argv, cwd, process.unit)
        elif lasting and not cwd and reader.stat(f"/proc/{process.pid}") and not _script(process).startswith("/"):
            raise CannotSee(
                f"process {process.pid} of {accounts.user_name(process.uid)} is a lasting PHP process, and whether it "
                f"is one of {app.path} cannot be seen; run liveproof as root"
            )


def _around(processes: tuple[Process, ...]) -> tuple[set[int], set[int]]:
    """The processes that this one was started by (a deploy tool written in PHP), and this one with its descendants."""
    parents = {process.pid: process.parent for process in processes}

    def above(pid: int) -> set[int]:
        found: set[int] = set()
        while pid in parents and pid not in found:
            found.add(pid)
            pid = parents[pid]
        return found

    me = os.getpid()
    return above(me) - {me}, {pid for pid in parents if me in above(pid)}


def _script(process: Process) -> str:
    """The script that it runs, as its command line names it; empty when it names none."""
    at = script_at(process.argv)
    return process.argv[at] if 0 < at < len(process.argv) else ""


def _is_lasting(process: Process) -> bool:
    script = _script(process)
    if posixpath.basename(script) != "artisan":
        return "octane" in script or "horizon" in script
    words = process.argv[script_at(process.argv) + 1 :]
    command = next((word for word in words if not word.startswith("-")), "")
    return command.startswith(_LASTING)


def _is_of(reader: Reader, app: App, process: Process, cwd: str) -> bool:
    """Whether it works in the app, or in another release beside it (deploy tools keep them in one directory).

    It does when its script lies there or, where the script is none of an app, when it was started or has a file open
    there.
    """
    started = cwd.removesuffix(" (deleted)")
    script = _script(process)
    place = posixpath.dirname(posixpath.join(started, script)) if script else started
    if place.startswith("/") and _below(reader, app, place):
        return True
    if posixpath.basename(script) == "artisan":
        return False
    return bool(started and _below(reader, app, started)) or any(
        target.startswith(f"{app.real}/") for target in _open_files(reader, process)
    )


def _below(reader: Reader, app: App, place: str) -> bool:
    real = reader.resolve(place)
    if real == app.real or real.startswith(f"{app.real}/"):
        return True
    return app.path != app.real and posixpath.dirname(real) == posixpath.dirname(app.real)


def _open_files(reader: Reader, process: Process) -> Iterator[str]:
    directory = f"/proc/{process.pid}/fd"
    try:
        names = reader.list(directory)
    except OSError:  # it has ended, or is another user's
        return
    yield from (_link(reader, f"{directory}/{name}") for name in names[:_OPEN_FILES])


def _link(reader: Reader, path: str) -> str:
    try:
        return reader.readlink(path)
    except OSError:
        return ""
