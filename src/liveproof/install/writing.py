"""Puts files in their places on this host: whole or not at all, and never through a link.

Directories are walked one name at a time on descriptors, so that nobody can lead root elsewhere meanwhile. ``root`` is
where the tree begins, ``/`` but for tests and for images that are being built.
"""

import os
import stat as modes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from liveproof.install.file import File
from liveproof.model.dataclass import dataclass

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at a path: a regular file with its content, or something else (``kind``), and then no content."""

    content: bytes | None
    kind: str = "file"
    mode: int = 0


def standing(path: str, root: str = "/") -> Standing | None:
    """What stands at a path now; None where nothing does.

    Raises:
        OSError: it cannot be read; ELOOP or ENOTDIR where a link or a file stands for a directory on the way.
    """
    try:
        with _parent(path, root) as parent:
            return _standing(parent, os.path.basename(path))
    except FileNotFoundError:
        return None


def missing_directories(paths: Iterable[str], root: str = "/") -> tuple[str, ...]:
    """The directories that have to be made for files to stand at these paths, outermost first."""
    above = {
        "/".join(parts[:number]) for parts in (path.split("/") for path in paths) for number in range(2, len(parts))
    }
    return tuple(sorted(path for path in above if not os.path.lexists(f"{root.rstrip('/')}{path}")))


def put(file: File, root: str = "/") -> None:
    """Write a file, replacing a regular file that stands there; directories that are missing are made.

    Raises:
        OSError: it cannot be written; what stood there is as it was.
    """
    with _parent(file.path, root, make=True) as parent:
        name = os.path.basename(file.path)
        temporary = f".{name}.{os.urandom(6).hex()}"
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=parent
        )
        try:
            with os.fdopen(descriptor, "wb") as written:
                written.write(file.content)
                written.flush()
                os.fchmod(descriptor, file.mode)
                os.fsync(descriptor)
            os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=parent)
            raise
        os.fsync(parent)


def remove(path: str, root: str = "/") -> None:
    """Remove a file; nothing is done where there is none.

    Raises:
        OSError: it cannot be removed.
    """
    with suppress(FileNotFoundError), _parent(path, root) as parent:
        os.unlink(os.path.basename(path), dir_fd=parent)


def remove_directory(path: str, root: str = "/") -> bool:
    """Remove a directory if it is empty; whether it is gone."""
    try:
        with _parent(path, root) as parent:
            os.rmdir(os.path.basename(path), dir_fd=parent)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _standing(parent: int, name: str) -> Standing | None:
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if modes.S_ISLNK(status.st_mode):
        return Standing(None, f"a link to {os.readlink(name, dir_fd=parent)}")
    if not modes.S_ISREG(status.st_mode):
        return Standing(None, "a directory" if modes.S_ISDIR(status.st_mode) else "no regular file")
    with os.fdopen(
        os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent), "rb"
    ) as file:
        return Standing(file.read(_LIMIT), mode=modes.S_IMODE(status.st_mode))


@contextmanager
def _parent(path: str, root: str, *, make: bool = False) -> Iterator[int]:
    """The directory of a path, open; with ``make`` it is created where it is missing."""
    names = [name for name in path.split("/")[:-1] if name]
    assert ".." not in names
    here = os.open(root, _DIRECTORY)
    try:
        for number, name in enumerate(names, 1):
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=here)
                    os.chmod(name, 0o755, dir_fd=here)  # noqa: S103  (whatever the umask: man and shells read there)
            try:
                below = os.open(name, _DIRECTORY, dir_fd=here)
            except OSError as error:
                raise OSError(error.errno, error.strerror, "/" + "/".join(names[:number])) from None
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)
