"""Which PHP processes of the app outlive a request: by their command lines, directories and open files."""

import os
import posixpath
from collections.abc import Iterator, Sequence

from liveproof.analysis.memory.php_processes import LASTING
from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.php.command_line import is_php, script_at
from liveproof.host.process.accounts import Accounts
from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.secrets import hide_in_arguments
from liveproof.probes.workers.moved import moved_away
from liveproof.probes.workers.units import php_units

# s; any other PHP process that is as old as this is no passing one, such as cron's schedule:run.
_PASSING = 10.0
_OPEN_FILES = 256
_ENVIRONMENT = 256 * 1024
_FRANKENPHP = "frankenphp"


def php_processes(reader: Reader, app: App, *, units: bool = True) -> tuple[PhpProcess, ...]:
    """The app's lasting PHP processes, those of other releases beside it included.

    With ``units`` systemd is asked where it starts those that stand elsewhere, if there are such.

    Raises:
        NotThere: the app has none.
        CannotSee: a lasting PHP process may be the app's, and only root can see whether it is.
    """
    found = tuple(_lasting(reader, app, Accounts(reader), units))
    if not found:
        raise NotThere(f"no queue worker or other lasting PHP process of {app.path} runs")
    return found


def _lasting(reader: Reader, app: App, accounts: Accounts, units: bool) -> Iterator[PhpProcess]:
    processes = reader.processes()
    caller, own = _around(processes)
    kinds = {process.pid: process.kind for process in processes}
    for process in processes:
        if process.pid in own or not (is_php(process.argv[0]) or is_php(process.kind) or process.kind == _FRANKENPHP):
            continue
        lasting = _is_lasting(process)
        if not lasting and (process.pid in caller or reader.now() - process.start < _PASSING):
            continue
        cwd = _link(reader, f"/proc/{process.pid}/cwd")
        if _is_of(reader, app, process, cwd) or (
            units and lasting and cwd and _started_here(reader, app, process, cwd)
        ):
            yield PhpProcess(
                process.pid,
                process.start,
                process.uid,
                accounts.user_name(process.uid),
                hide_in_arguments(process.argv),
                cwd,
                process.unit,
                _program(reader, process) if kinds.get(process.parent, "").startswith("supervisord") else "",
                process.parent,
                reader.exact_start(process.start),
                stopped=process.stopped,
            )
        elif (
            lasting and not cwd and reader.stat(f"/proc/{process.pid}") and not script_of(process.argv).startswith("/")
        ):
            raise CannotSee(
                f"process {process.pid} of {accounts.user_name(process.uid)} is a lasting PHP process, and whether it "
                f"is one of {app.path} cannot be seen; run liveproof as root"
            )


def _program(reader: Reader, process: Process) -> str:
    """What supervisord calls it (supervisord.org/subprocess.html): of its environment nothing else is looked at."""
    try:
        pairs = reader.read(f"/proc/{process.pid}/environ", _ENVIRONMENT).split(b"\0")
    except (OSError, CannotSee):
        return ""
    known = dict(pair.partition(b"=")[::2] for pair in pairs)
    words = (
        known.get(name, b"").decode(errors="replace") for name in (b"SUPERVISOR_GROUP_NAME", b"SUPERVISOR_PROCESS_NAME")
    )
    group, name = words
    return name if group in ("", name) else f"{group}:{name}"


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


def script_of(argv: Sequence[str]) -> str:
    """The script that a command line of PHP names; empty when it names none."""
    at = script_at(argv)
    return argv[at] if 0 < at < len(argv) else ""


def _is_lasting(process: Process) -> bool:
    script = script_of(process.argv)
    if process.kind == _FRANKENPHP:
        return True
    if posixpath.basename(script) != "artisan":
        return "octane" in script or "horizon" in script
    words = process.argv[script_at(process.argv) + 1 :]
    command = next((word for word in words if not word.startswith("-")), "")
    return command.startswith(LASTING)


def _is_of(reader: Reader, app: App, process: Process, cwd: str) -> bool:
    """Whether it works in the app, or in another release beside it (deploy tools keep them in one directory).

    It does when its script lies there or, where the script is none of an app, when it was started or has a file open
    there.
    """
    started = cwd.removesuffix(" (deleted)")
    script = script_of(process.argv)
    place = posixpath.dirname(posixpath.join(started, script)) if script else started
    if place.startswith("/") and _below(reader, app, place):
        return True
    if posixpath.basename(script) == "artisan":
        return False
    return bool(started and _below(reader, app, started)) or any(
        target.startswith(f"{app.real}/") for target in open_files(reader, process.pid)
    )


def _started_here(reader: Reader, app: App, process: Process, cwd: str) -> bool:
    """Whether it was started in the app, wherever it stands: the directory was moved since, and a new one made."""
    unit = php_units(reader).get(process.unit) if process.unit else None
    if unit and unit.directory and _below(reader, app, unit.directory):
        return True
    script = script_of(process.argv)
    return posixpath.basename(script) == "artisan" and moved_away(
        reader, app, process.start, posixpath.dirname(posixpath.normpath(posixpath.join(cwd, script)))
    )


def _below(reader: Reader, app: App, place: str) -> bool:
    real = reader.resolve(place)
    if real == app.real or real.startswith(f"{app.real}/"):
        return True
    return app.path != app.real and posixpath.dirname(real) == posixpath.dirname(app.real)


def open_files(reader: Reader, pid: int) -> Iterator[str]:
    """What a process has open, as the kernel tells it (``… (deleted)``); nothing where that may not be read."""
    directory = f"/proc/{pid}/fd"
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
