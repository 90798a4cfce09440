"""Nothing is left behind: hosts end with the process that booted them, and what a killed one left is collected."""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from tests.lab import places, state
from tests.lab.layer import remove
from tests.lab.locking import locked
from tests.lab.overlay import unmount
from tests.lab.progress import say
from tests.lab.teardown import destroy

_hosts: dict[str, Callable[[], None]] = {}
_process = [0]


def remember(name: str, down: Callable[[], None]) -> None:
    """Call ``down`` when this process ends, unless ``forget`` comes first."""
    _hosts[name] = down


def forget(name: str) -> None:
    """The host is gone already."""
    _hosts.pop(name, None)


def install() -> None:
    """Take hosts down at the end of this process, at SIGTERM and at SIGHUP too; SIGINT already ends it in order."""
    if _process[0] != os.getpid():
        # A forked child's hosts are its own; its parent's are not.
        _hosts.clear()
        _process[0] = os.getpid()
        atexit.register(_all_down)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Whoever has a handler of their own keeps it.
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _leave)


def collect() -> list[str]:
    """Take down the hosts whose owners are dead; returns their names."""
    _sweep()
    abandoned = [known for known in state.known() if known.abandoned]
    if not abandoned:
        return []
    names: list[str] = []
    with locked(places.cache() / "locks" / "gc.lock", timeout=120):
        for known in abandoned:
            if known.home.exists():
                say(f"taking down {known.name}: the process that booted it is dead")
                destroy(known)
                names.append(known.name)
    return names


def _sweep() -> None:
    """Remove what a process left that died before it had written down its host."""
    for home in places.hosts().glob("*"):
        with suppress(OSError):
            if not (home / "host.json").exists() and time.time() - home.stat().st_mtime > 600:
                unmount(home)
                remove(home)


def _all_down() -> None:
    if _process[0] != os.getpid():
        return
    for name, down in list(_hosts.items()):
        try:
            down()
        except Exception as error:  # noqa: BLE001 - one host that will not go must not keep the others
            say(f"{name} could not be taken down: {error}")


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
