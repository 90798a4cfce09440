"""Directories below a root, opened name by name: no symbolic link on the way is ever followed."""

import os

# A link that a user of the tree puts in place of a directory between two of our calls leads nowhere.
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# Descriptors held at most; many processes may have no more than 1024 (getrlimit(2)).
_HELD = 200


class Descent:
    """Opens directories below ``root`` and keeps those on the way open, for whatever is asked next is usually near.

    ``root`` is a descriptor that stays the caller's; paths are relative to it, ``.`` is the root itself.
    """

    __slots__ = ("_held",)

    def __init__(self, root: int) -> None:
        self._held: list[tuple[str, int]] = [("", root)]

    def open(self, path: str) -> int:
        """A descriptor of the directory ``path``, good until the next call. Not to be closed by the caller.

        Raises:
            OSError: it is not there, may not be searched, or a part of it is no directory (ENOTDIR, ELOOP).
        """
        held = self._held
        wanted = "" if path == "." else f"{path}/"
        while not wanted.startswith(held[-1][0]):
            os.close(held.pop()[1])
        rest = wanted[len(held[-1][0]) : -1]
        for name in rest.split("/") if rest else ():
            if len(held) >= _HELD:
                os.close(held.pop(1)[1])
            prefix, parent = held[-1]
            held.append((f"{prefix}{name}/", os.open(name, _FLAGS, dir_fd=parent)))
        return held[-1][1]

    def close(self) -> None:
        """Close everything but the root."""
        while len(self._held) > 1:
            os.close(self._held.pop()[1])
