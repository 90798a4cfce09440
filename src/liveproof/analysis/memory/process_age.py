"""Whether a PHP process began before or after what it loads changed. Pure.

PHP loads a class when it first needs it and keeps it until the process ends. A process that began after the newest
change of all that it can load has loaded nothing older. One that began before may hold the old code, and what it loads
next is the new one.
"""

from collections.abc import Iterable
from dataclasses import replace

from liveproof.model.facts.workers import CodeChange, PhpProcess

# s: a start is told to 10 ms, and the clock of file times lags behind by up to a tick (10 ms at HZ=100).
_TICK = 0.02
_COARSE = 2.0  # s; a time without a fraction may come from a file system that keeps whole seconds, or every second one
_SHOWN = 5
# They start a new process for each job or minute, and hand their environment down to it (Symfony's Process): what
# Dotenv has put there is not replaced by the child's own reading of .env.
SPAWNERS = ("queue:listen", "schedule:work")


def aged(process: PhpProcess, changes: Iterable[CodeChange], cached: float, now: float) -> PhpProcess:
    """The process with what changed after it began.

    Args:
        process: its ``began`` counts.
        changes: what changed lately of all that the app's processes load.
        cached: when the configuration cache was put in its place (epoch seconds), 0 where there is none.
        now: epoch seconds; a time of modification in the future proves nothing.
    """
    modified: list[CodeChange] = []
    unclear: list[CodeChange] = []
    near = ""
    for change in changes:
        if not _loads(process, change, cached):
            continue
        margin = _COARSE if change.changed == int(change.changed) else _TICK
        if change.changed < process.began - margin:
            continue
        if change.changed <= process.began + margin:
            near = near or change.path
        elif _tells(process, change, cached) and process.began + margin < change.modified <= now + 1:
            modified.append(change)
        else:
            unclear.append(change)
    return replace(
        process,
        modified=_newest(modified),
        modified_count=len(modified),
        unclear=_newest(unclear),
        unclear_count=len(unclear),
        moment=near,
    )


def _loads(process: PhpProcess, change: CodeChange, cached: float) -> bool:
    # With a configuration cache Laravel does not read .env at all.
    if change.kind == "environment":
        return not 0 < cached < process.began - _TICK
    return process.command not in SPAWNERS


def _tells(process: PhpProcess, change: CodeChange, cached: float) -> bool:
    """Whether a change is one of what the process holds. A cache is often written again with what it held before.

    A spawner read .env only if there was no configuration cache at that time, which the one of now does not tell.
    """
    return change.kind == "code" or (change.kind == "environment" and not (cached and process.command in SPAWNERS))


def _newest(changes: list[CodeChange]) -> tuple[CodeChange, ...]:
    """Files before the directories that they lie in."""
    return tuple(sorted(changes, key=lambda change: (change.kind == "place", -change.changed, change.path))[:_SHOWN])
