"""One builder at a time, between processes."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.progress import say


@contextmanager
def locked(path: Path, *, timeout: float = 1200.0) -> Iterator[None]:
    """Hold the lock file ``path``; the kernel lets go of it when this process dies, however it dies.

    Raises:
        LabError: another process held it for longer than ``timeout`` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    told = False
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LabError(f"{path} was held by another process for {timeout:.0f} s") from None
            if not told and time.monotonic() > deadline - timeout + 1:
                say(f"waiting for another process ({path.name})")
                told = True
            time.sleep(0.02)
        yield
