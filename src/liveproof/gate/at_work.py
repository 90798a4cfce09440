"""Whether a deploy is still at work in an app: a program that carries files has something of its tree open."""

import os
from collections.abc import Iterable
from contextlib import suppress

from liveproof.host.process.proc import Process, processes

_CARRIERS = frozenset({"rsync", "git", "composer", "tar", "bsdtar", "unzip", "scp", "cp", "mv", "git-remote-http"})
_DAEMONS = ("--daemon", "daemon", "fsmonitor--daemon")


def at_work(trees: Iterable[str]) -> str:
    """Who is at work in one of these directories, as ``rsync (process 812)``; empty where nobody is.

    Processes above our own are left out: `git push` runs the hook that runs us.
    """
    roots = tuple(trees)
    try:
        known = {process.pid: process for process in processes()}
    except OSError:
        return ""
    ours = _above(os.getpid(), known)
    for process in known.values():
        name = _carrier(process)
        if name and process.pid not in ours and _inside(process.pid, roots):
            return f"{name} (process {process.pid})"
    return ""


def _carrier(process: Process) -> str:
    if any(word in _DAEMONS for word in process.argv[1:3]):
        return ""
    if process.kind in _CARRIERS:
        return process.kind
    script = os.path.basename(process.argv[1]) if len(process.argv) > 1 and process.kind.startswith("php") else ""
    return "composer" if script in ("composer", "composer.phar") else ""


def _above(pid: int, known: dict[int, Process]) -> set[int]:
    found = {pid}
    while (process := known.get(pid)) and process.parent not in found:
        pid = process.parent
        found.add(pid)
    return found


def _inside(pid: int, roots: tuple[str, ...]) -> bool:
    """Whether a process stands in one of the directories, or has something below it open."""
    places = [f"/proc/{pid}/cwd"]
    with suppress(OSError):
        places += [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    for place in places:
        with suppress(OSError):
            path = os.readlink(place)
            if any(path == root or path.startswith(f"{root}/") for root in roots):
                return True
    return False
