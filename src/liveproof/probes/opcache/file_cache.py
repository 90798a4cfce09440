"""What ``opcache.file_cache`` keeps of scripts, by the times of its files.

PHP keeps the bytecode of a script in ``DIRECTORY/SYSTEM/PATH.bin``, where SYSTEM are 32 hexadecimal digits of this PHP
and its extensions (php-src, ext/opcache/zend_file_cache.c). It writes the file right after it compiled the script and
reads it instead of compiling; with validate_timestamps=0 it never compares it. With JIT it reads such files and writes
none (measured on PHP 8.2).
"""

from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader

UNKNOWN = -1.0
NONE = 0.0
_LATE = 60.0  # s; a request that compiles a script has begun before, and is the latest that used it


class FileCache:
    """The files of one pool's file cache; nothing is looked at where ``directory`` is empty.

    Args:
        directory: ``opcache.file_cache``.
        uid: the pool's user, who writes the files; others' are another PHP's.
        since: when the cache in memory began (epoch seconds).
        program: the PHP program: what is older than it may be another PHP's.
    """

    def __init__(self, reader: Reader, directory: str, uid: int, since: float, program: str) -> None:
        self._reader, self._directory, self._uid, self._since = reader, directory.rstrip("/"), uid, since
        self._installed, self._system = 0.0, ""
        if not directory:
            return
        status = self._status(program) if program else None
        self._installed = status.ctime_ns / 1e9 if status else 0.0
        try:
            names = [name for name in reader.list(directory) if len(name) == 32 and not name.strip("0123456789abcdef")]
        except OSError:
            names = ["", ""]
        # Several: one for each PHP that ever wrote here; which one this PHP reads is told nowhere.
        self._system = names[0] if len(names) == 1 else "?" if names else ""

    def written(self, path: str, last_used: int) -> float:
        """When PHP wrote what it keeps of this script, in epoch seconds.

        NONE: nothing was kept, nor removed since the cache in memory began; UNKNOWN: that cannot be told, or another
        PHP wrote it.
        """
        if not self._directory or self._system == "?":
            return UNKNOWN
        file = f"{self._directory}/{self._system}{path}.bin" if self._system else f"{self._directory}{path}.bin"
        status = self._status(file)
        if status is None:
            return NONE if self._never(file) else UNKNOWN
        at = min(status.mtime_ns, status.ctime_ns) / 1e9
        strange = status.uid != self._uid or not self._installed or at < self._installed
        return UNKNOWN if strange or (at >= self._since and at > last_used + _LATE) else at

    def _never(self, file: str) -> bool:
        """Whether no entry of the nearest directory that there is came or went since the cache in memory began."""
        while len(file) >= len(self._directory):
            file = file.rpartition("/")[0]
            if (status := self._status(file)) is not None:
                return status.mtime_ns / 1e9 < self._since
        return False

    def _status(self, path: str) -> Stat | None:
        try:
            return self._reader.stat(path)
        except OSError:
            return None
