"""Whether what is written to a log may be an error: then a child reads it, and judges. Nothing is judged here.

A log is read on from where its reading ended, and no further than a bound; a file that was rotated is read to its end
first, one that was truncated (copytruncate) from its beginning.
"""

import os
import re
import stat

# The most that is read of one log at once. What was written beyond that in between is taken for relevant unread.
_LIMIT = 4 * 1024 * 1024
_TAIL = 512  # of what was read before, for a line that came in two pieces
_RELEVANT = re.compile(
    rb"permission denied|failed to open stream|could not be opened|unable to (?:create|write)|read-only file system"
    rb"|no space left|\.(?:error|critical|alert|emergency):|\[(?:error|crit|alert|emerg)\]|PHP (?:fatal|parse) error"
    rb"|\] (?:error|alert|warning):|exited on signal",
    re.IGNORECASE,
)


class LogFilter:
    """One log file, which may not be there, vanish, and come back as another file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = -1
        self._offset = 0
        self._before = b""
        self._open(at_end=True)

    def relevant(self) -> bool:
        """Whether what was written since the last call may be an error."""
        found = self._read()
        if self._replaced():
            self.close()
            self._open(at_end=False)
            found |= self._read()
        return found

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _open(self, *, at_end: bool) -> None:
        self._offset, self._before = 0, b""
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            self._descriptor = -1
            return
        here = os.fstat(self._descriptor)
        if not stat.S_ISREG(here.st_mode):  # a FIFO or a terminal cannot be read on from somewhere
            self.close()
        elif at_end:
            self._offset = here.st_size

    def _read(self) -> bool:
        if self._descriptor < 0:
            return False
        try:
            size = os.fstat(self._descriptor).st_size
            if size < self._offset:
                self._offset, self._before = 0, b""
            if size - self._offset > _LIMIT:
                self._offset, self._before = size, b""
                return True
            written = os.pread(self._descriptor, size - self._offset, self._offset)
        except OSError:  # a file system that went away; the next look at the whole chain says what that means
            return True
        self._offset += len(written)
        text = self._before + written
        self._before = text[-_TAIL:] if not written.endswith(b"\n") else b""
        return bool(written and _RELEVANT.search(text))

    def _replaced(self) -> bool:
        try:
            there = os.stat(self.path)
        except OSError:
            return False  # rotated away, and not yet there again: this one may still be written
        if self._descriptor < 0:
            return stat.S_ISREG(there.st_mode)
        here = os.fstat(self._descriptor)
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)
