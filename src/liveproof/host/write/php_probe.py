"""Puts the PHP probe where the user of every pool can read it: ``/run/liveproof``, root's, mode 0755.

Never changes what somebody else put there: whatever cannot be done safely is left, and the package's probe is asked.
"""

import os
from contextlib import suppress

from liveproof.host.errors import CannotSee
from liveproof.host.files.openat2 import DIRECTORY as OPEN_DIRECTORY
from liveproof.host.files.openat2 import open_beneath
from liveproof.host.files.snapshot import FILE, FOLDER, NOTHING, WHOLE, Image, look, read_whole
from liveproof.host.php import probe
from liveproof.host.write import writer
from liveproof.host.write.safety import LeftAlone

_PREFIX = "probe-"
_TRIES = 5  # others may be putting it there in the same moment, and whoever finds a change leaves it alone


def put_in_place() -> None:
    """As root, put the copy of the probe in place unless it is there; by rename, so that it is always whole."""
    for _ in range(_TRIES):
        if probe.in_place():
            return
        with suppress(CannotSee, OSError, LeftAlone):
            _, content = probe.packaged()
            _put(probe.copy_path(content), content)


def take_away() -> None:
    """Remove every copy, and the directory unless something else lies in it."""
    try:
        above = _above()
    except OSError:
        return
    name = os.path.basename(probe.DIRECTORY)
    try:
        with suppress(OSError, LeftAlone):
            directory = look(above, name)
            if directory.kind != FOLDER or directory.uid != 0:
                return
            writer.sweep(above, name, _PREFIX)
            writer.remove(above, directory)
    finally:
        os.close(above)


def _put(path: str, content: bytes) -> None:
    name = os.path.basename(os.path.dirname(path))
    above = _above()
    try:
        directory = look(above, name)
        if directory.kind == NOTHING:
            directory = writer.make_directory(above, name, 0, 0, 0o755)
        if directory.kind != FOLDER or directory.uid != 0:
            return
        if directory.mode != 0o755:  # made under a strict umask, as the units have
            writer.change(above, directory, gid=0, mode=0o755)
        # Opened once, so that the file goes into the directory that was judged.
        root = open_beneath(above, name, OPEN_DIRECTORY)
    finally:
        os.close(above)
    try:
        file = os.path.basename(path)
        wanted = Image(file, WHOLE, FILE, uid=0, gid=0, mode=0o644)
        writer.put_file(root, read_whole(root, file), wanted, (content,), f"{_PREFIX}{os.getpid()}.new")
    finally:
        os.close(root)


def _above() -> int:
    return os.open(os.path.dirname(probe.DIRECTORY), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
