"""What is known of the kinds of PHP processes that outlive a request, and how each is restarted. Pure."""

from collections.abc import Iterable, Sequence

from liveproof.model.facts.apps import App
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.findings import Evidence, Finding, Ref

# What artisan does until it is told to stop (laravel.com/docs: queues, horizon, octane, scheduling, reverb, pulse).
LASTING = ("queue:work", "queue:listen", "horizon", "octane:", "schedule:work", "reverb:start", "pulse:work",
           "pulse:check", "websockets:", "nightwatch:agent", "swoole:", "inertia:start-ssr")  # fmt: skip
# Services that hold processes of others too: restarting these helps nobody.
_SHARED = ("cron", "ssh", "supervisor", "user@", "docker", "containerd", "session-", "getty", "machine")
_ONCE = ("--once", "--stop-when-empty")  # a worker that ends by itself
# How artisan's own processes are told to end, so that whoever keeps them running starts new ones.
# Not here: queue:listen and schedule:work look for no signal.
_ENDS = {
    "queue:work": "queue:restart", "horizon": "horizon:terminate", "octane:": "octane:reload",
    "reverb:": "reverb:restart", "pulse:": "pulse:restart",
}  # fmt: skip

# Cache stores that each process has for itself, so that no signal of artisan's reaches another one.
ALONE = ("array", "null")
# s: of queue:work --timeout and --sleep where they are not given; the longest that anybody waits; for the rest of it.
_TIMEOUT, _SLEEP, _MOST, _MARGIN = 60.0, 3.0, 300.0, 10.0
_DIGITS = 7
_SHOWN = 10


def own_unit(process: PhpProcess) -> str:
    """The systemd service that runs this process and nothing of others; empty where there is none."""
    return process.unit if process.unit and not process.unit.startswith(_SHARED) else ""


def stays(process: PhpProcess) -> bool:
    """Whether it is meant to run on: a worker of Laravel's, or a service; any other may be a command that ends."""
    if any(word in _ONCE for word in process.argv):
        return False
    return process.command.startswith(LASTING) or bool(own_unit(process) or process.program) or is_octane(process)


def is_octane(process: PhpProcess) -> bool:
    """Whether it belongs to a server of Octane's, which can load the app again without a new master process."""
    words = (process.command, *(word.rpartition("/")[2] for word in process.argv[:3]))
    return any(word.startswith(("octane:", "frankenphp", "swoole-server", "roadrunner-worker")) for word in words)


def ending(process: PhpProcess) -> str:
    """The command of artisan after which it ends by itself once its job is done; empty where there is none."""
    return next((ends for command, ends in _ENDS.items() if process.command.startswith(command)), "")


def hears(process: PhpProcess, command: str) -> bool:
    """Whether a command of artisan ends it."""
    return ending(process) == command and not any(word in _ONCE for word in process.argv)


def patience(process: PhpProcess) -> float:
    """How long it may take to end after a signal (s), by the options that it was started with: it ends between jobs."""
    longest = (_option(process, "--timeout", _TIMEOUT) or _MOST) + _option(process, "--sleep", _SLEEP)
    return min(longest + _MARGIN, _MOST)


def _option(process: PhpProcess, name: str, default: float) -> float:
    """The number that an option of artisan has, written in either way."""
    for word, following in zip(process.argv, (*process.argv[1:], ""), strict=True):
        option, given, value = word.partition("=")
        if option == name:
            text = value if given else following
            return float(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else default
    return default


def restart(process: PhpProcess) -> str:
    """How a person restarts it, as the end of a sentence."""
    ends = ending(process)
    if ends:
        again = "" if process.started_again else ", and start it again: nothing was seen that would do so by itself"
        return f"with `php artisan {ends}` as {process.user}{again}"
    if process.program:
        return f"with `supervisorctl restart {process.program}`"
    if own_unit(process):
        return f"with `systemctl restart {own_unit(process)}`"
    return "in the way that it was started"


def restart_by_owner(process: PhpProcess) -> str:
    """How whoever keeps it running starts it again, from the directory that is there now."""
    if process.program:
        return f"with `supervisorctl restart {process.program}`"
    if own_unit(process):
        return f"with `systemctl restart {own_unit(process)}`"
    return f"by ending process {process.pid} once its job is done, and starting it again from the app's directory"


def about(processes: Iterable[PhpProcess]) -> tuple[Ref, ...]:
    """What a finding about these processes is about, besides the app."""
    refs: dict[Ref, None] = {}
    for process in processes:
        refs[Ref("process", process.id)] = None
        if own_unit(process):
            refs[Ref("unit", own_unit(process))] = None
    return tuple(refs)


def by_keeper(processes: Iterable[PhpProcess]) -> list[list[PhpProcess]]:
    """The processes of each unit apart, and those of none: what can be restarted together."""
    groups: dict[str, list[PhpProcess]] = {}
    for process in processes:
        groups.setdefault(own_unit(process), []).append(process)
    return list(groups.values())


def named(processes: Sequence[PhpProcess], of: str = "") -> str:
    """The first of some processes, and how many more there are: ``process 5 (artisan queue:work) and 2 more …``."""
    first, more = processes[0], len(processes) - 1
    others = f" and {more} more PHP process{'es' if more > 1 else ''}{of}" if more else ""
    return f"process {first.pid} ({first.told}){others}"


def displaced(app: App, processes: Sequence[PhpProcess], message: str) -> Finding:
    """What is found of processes that run elsewhere than in the app as it is served now."""
    return Finding(
        message,
        (Ref("app", app.path), *about(processes)),
        tuple(_where(process, app.real) for process in processes[:_SHOWN]),
        f"Start it again from the current release, {restart_by_owner(processes[0])}.",
        more=len(processes[_SHOWN:]),
    )


def ran_by(process: PhpProcess) -> str:
    """Who it runs as, and who keeps it running: ``www-data, q.service``."""
    keeper = process.program and f"supervisord's {process.program}"
    return ", ".join(filter(None, (process.user, keeper or process.unit)))


def _where(process: PhpProcess, expected: str) -> Evidence:
    """Where it runs, and where it should."""
    return Evidence(f"/proc/{process.pid}/cwd", f"{process.cwd} ({process.told}, {ran_by(process)})", expected)
