"""Whether a request came into the app's log."""

import time

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.laravel import Laravel
from liveproof.model.findings import Absent, Unknown
from liveproof.model.settings import Settings

_WAIT = 2.0
_PAUSE = 0.02
_READ = 4 * 1024 * 1024


def log_files(settings: Settings, laravel: Laravel | Unknown | Absent) -> tuple[str, ...] | Unknown:
    """The app's log files: those of the configuration file and those that Laravel's own configuration names."""
    if isinstance(laravel, Laravel) and isinstance(laravel.log_files, tuple):
        return tuple(dict.fromkeys((*settings.logs.paths, *laravel.log_files)))
    if settings.logs.paths:
        return settings.logs.paths
    result = laravel.log_files if isinstance(laravel, Laravel) else laravel
    reason = result.reason if isinstance(result, Unknown | Absent) else ""
    return Unknown(f"it is not known where the app logs ({reason}); name its log under [logs] in the configuration")


class Log:
    """The log as it stood before a request; afterwards only what was appended is read."""

    def __init__(self, reader: Reader, files: tuple[str, ...] | Unknown, text: str) -> None:
        self._reader = reader
        self._text = text.encode()
        self._files = files if text else ()
        self._before = {path: self._in_log(path) for path in self._files} if isinstance(self._files, tuple) else {}

    def appeared(self) -> bool | Unknown | None:
        """Whether the text came into one of the files within 2 s; None when no text is asked for."""
        if not self._text:
            return None
        if isinstance(self._files, Unknown):
            return self._files
        if not self._files:
            return Unknown("the app's configuration names no log file; name one under [logs] in the configuration")
        deadline = time.monotonic() + _WAIT
        while True:
            unread = []
            for path in self._files:
                try:
                    if self._text in self._appended(path):
                        return True
                except (OSError, CannotSee) as error:
                    unread.append(f"{path} cannot be read: {error}")
            if time.monotonic() >= deadline:
                return Unknown("; ".join(unread)) if unread else False
            time.sleep(_PAUSE)

    def _appended(self, path: str) -> bytes:
        """What was written since, also when the file was begun again meanwhile."""
        inode, size = self._before[path]
        status = self._reader.stat(path)
        if status is None or (status.inode, status.size) == (inode, size):
            return b""
        start = size if status.inode == inode and status.size >= size else 0
        return self._reader.read_range(path, start, _READ)

    def _in_log(self, path: str) -> tuple[int, int]:
        try:
            status = self._reader.stat(path)
        except OSError:
            return 0, 0
        return (status.inode, status.size) if status else (0, 0)
