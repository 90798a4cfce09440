"""A control group of version 2 for the processes of one program, below our own group (cgroups(7)).

Ending a group ends everything in it at once, whatever it forks meanwhile (``cgroup.kill``, Linux 5.14).
"""

import os
from contextlib import suppress
from typing import Self

from liveproof.host.isolation.leftovers import is_over, mark

_PREFIX = "liveproof-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Group:
    """A new, empty group. It is reached by descriptors, so a mount that hides or protects it later does not matter.

    Raises:
        OSError: there is no tree of version 2, or we may not write it.
    """

    def __init__(self) -> None:
        self._above = os.open(_own(), _FOLDER)
        self._name = f"{_PREFIX}{mark()}"
        try:
            _sweep(self._above)
            os.mkdir(self._name, dir_fd=self._above)
            self._group = os.open(self._name, _FOLDER, dir_fd=self._above)
        except BaseException:
            os.close(self._above)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._group)
        with suppress(OSError):
            os.rmdir(self._name, dir_fd=self._above)
        os.close(self._above)

    def enter(self) -> None:
        """Put the calling process into the group.

        Raises:
            OSError: the kernel refuses.
        """
        _write(self._group, "cgroup.procs", b"0")

    def kill(self) -> None:
        """End everything in the group; where the kernel is too old for that, nothing happens."""
        with suppress(OSError):
            _write(self._group, "cgroup.kill", b"1")


def _own() -> str:
    """The directory of the group that we are in."""
    with open("/proc/self/cgroup", "rb") as file:
        ours = next((line[3:].rstrip(b"\n") for line in file if line.startswith(b"0::/")), b"")
    with open("/proc/self/mountinfo", "rb") as file:
        for line in file:
            before, _, after = line.partition(b" - ")
            if ours and after.split()[0] == b"cgroup2":
                root, point = before.split()[3:5]
                below = ours if root == b"/" else ours.removeprefix(root)
                if (root in (b"/", ours) or ours.startswith(root + b"/")) and b"/.." not in ours:
                    return os.fsdecode(point + below)
    raise FileNotFoundError(2, "no control groups of version 2")


def _sweep(above: int) -> None:
    """End and remove the groups that killed runs left here."""
    for name in os.listdir(above):
        if name.startswith(_PREFIX) and is_over(name.removeprefix(_PREFIX)):
            with suppress(OSError):
                group = os.open(name, _FOLDER, dir_fd=above)
                try:
                    _write(group, "cgroup.kill", b"1")
                finally:
                    os.close(group)
                os.rmdir(name, dir_fd=above)


def _write(group: int, name: str, text: bytes) -> None:
    file = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=group)
    try:
        os.write(file, text)
    finally:
        os.close(file)
