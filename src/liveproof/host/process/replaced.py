"""What of its program a running process still executes though it is gone from its place: replaced by an upgrade."""

from collections.abc import Iterator

from liveproof.host.files.reader import FileReader

_GONE = " (deleted)"


def replaced_files(reader: FileReader, pid: int) -> tuple[str, ...]:
    """The program, modules and libraries of a process whose files were replaced or removed since it mapped them.

    The kernel marks them in ``/proc/PID/maps`` (proc(5)). Shared memory is marked like that as well and is no file of a
    program.

    Raises:
        OSError: the process has ended, or it is another user's.
    """
    text = reader.read(f"/proc/{pid}/maps").decode(errors="surrogateescape")
    return tuple(dict.fromkeys(_gone(text)))


def _gone(maps: str) -> Iterator[str]:
    """The executable mappings of files that are gone: ``5d… r-xp 0000 fe:01 131 /usr/sbin/php-fpm8.2 (deleted)``."""
    for line in maps.splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[5].startswith("/") and fields[5].endswith(_GONE) and "x" in fields[1]:
            path = fields[5].removesuffix(_GONE)
            if not path.startswith(("/dev/", "/memfd:", "/SYSV")):
                yield path
