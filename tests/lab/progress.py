"""Progress on standard error, so that a long build never looks like a hang."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """One line for whoever waits."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


@contextmanager
def progress(what: str, every: float = 10.0) -> Iterator[None]:
    """Say that ``what`` begins, that it still goes on, and how long it took."""
    start = time.monotonic()
    done = threading.Event()

    def pulse() -> None:
        while not done.wait(every):
            say(f"{what} … {time.monotonic() - start:.0f} s")

    say(f"{what} …")
    thread = threading.Thread(target=pulse, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    say(f"{what}: done in {time.monotonic() - start:.1f} s")
