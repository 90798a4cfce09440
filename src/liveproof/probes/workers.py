"""The PHP processes of the app that outlive a request, by /proc alone."""

import posixpath
from collections.abc import Iterator

from liveproof.host.accounts import Accounts
from liveproof.host.php_command import is_php, script_at
from liveproof.host.processes import Process
from liveproof.host.reader import NotThere, Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import PhpProcess, Workers
from liveproof.model.secrets import hide_in_arguments

# What artisan does until it is told to stop.
_LASTING = ("queue:work", "queue:listen", "horizon", "octane:", "schedule:work", "reverb:start", "pulse:work",
            "pulse:check", "websockets:", "nightwatch:agent", "swoole:", "inertia:start-ssr")  # fmt: skip


def probe(reader: Reader, app: App) -> Workers:
    """The app's workers.

    Raises:
        NotThere: the app has none.
    """
    accounts = Accounts(reader)
    found = tuple(_workers(reader, app, accounts))
    if not found:
        raise NotThere(f"no queue worker or other lasting PHP process of {app.path} runs")
    return Workers(found)


def _workers(reader: Reader, app: App, accounts: Accounts) -> Iterator[PhpProcess]:
    for process in reader.processes():
        if not is_php(process.argv[0]):
            continue
        cwd = _cwd(reader, process)
        if _is_lasting(process) and _is_of(reader, app, process, cwd):
            argv = hide_in_arguments(process.argv)
            user = accounts.user_name(process.uid)
            yield PhpProcess(process.pid, process.start, process.uid, user, argv, cwd, process.unit)


def _is_lasting(process: Process) -> bool:
    at = script_at(process.argv)
    words = process.argv[at:]
    if not words or at == 0:
        return False
    if posixpath.basename(words[0]) != "artisan":
        return "octane" in words[0] or "horizon" in words[0]
    command = next((word for word in words[1:] if not word.startswith("-")), "")
    return command.startswith(_LASTING)


def _is_of(reader: Reader, app: App, process: Process, cwd: str) -> bool:
    """Whether it works in the app, or in another release beside it (deploy tools keep them in one directory)."""
    script = process.argv[script_at(process.argv)]
    place = posixpath.dirname(posixpath.join(cwd.removesuffix(" (deleted)"), script))
    real = reader.resolve(place) if place.startswith("/") else ""
    if real == app.real or real.startswith(f"{app.real}/"):
        return True
    return app.path != app.real and posixpath.dirname(real) == posixpath.dirname(app.real)


def _cwd(reader: Reader, process: Process) -> str:
    try:
        return reader.readlink(f"/proc/{process.pid}/cwd")
    except OSError:
        return ""
