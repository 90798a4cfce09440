"""What of its program a running master still executes though it is gone from its place: replaced by an upgrade."""

from collections.abc import Iterator

from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.findings import Unknown

_GONE = " (deleted)"


def replaced(reader: Reader, process: Process | None) -> tuple[str, ...] | Unknown:
    """The program, extensions and libraries of a master whose files were replaced or removed since it mapped them.

    The kernel marks them in ``/proc/PID/maps`` (proc(5)). OPcache's and APCu's shared memory is marked like that as
    well and is no file of a program.
    """
    if process is None:
        return ()
    try:
        text = reader.read(f"/proc/{process.pid}/maps").decode(errors="surrogateescape")
    except OSError as error:
        return Unknown(
            f"whether the program of the PHP-FPM master {process.pid} was replaced since it started: "
            f"{error.strerror or error}; run liveproof as root"
        )
    return tuple(dict.fromkeys(_gone(text)))


def _gone(maps: str) -> Iterator[str]:
    """The executable mappings of files that are gone: ``5d… r-xp 0000 fe:01 131 /usr/sbin/php-fpm8.2 (deleted)``."""
    for line in maps.splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[5].startswith("/") and fields[5].endswith(_GONE) and "x" in fields[1]:
            path = fields[5].removesuffix(_GONE)
            if not path.startswith(("/dev/", "/memfd:", "/SYSV")):
                yield path
