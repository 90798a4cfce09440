"""Where a run may change files: the app's own directories, and what root's own configuration names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field

from liveproof.analysis.files.app_paths import system_directory
from liveproof.analysis.files.floors import sealed
from liveproof.fixes.ownership import deployment
from liveproof.host.files.openat2 import open_root
from liveproof.host.write.safety import LeftAlone, why
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.repair.restore import absolute


class Refused(Exception):
    """A step must not be carried out as things are; the message is a sentence for the administrator."""


@dataclass(frozen=True, slots=True)
class AllowedPaths:
    """The app and the places outside of it that a step may name.

    ``sockets`` are the socket files of its pools, as the configuration of a master that root runs names them;
    ``directories`` those that earlier steps of the plan make; ``opened`` the root directories that were opened by now;
    ``configuration`` the real paths of the files that the running nginx and PHP-FPM read, the only ones whose content
    a step may change.
    """

    app: App
    sockets: frozenset[str] = frozenset()
    directories: frozenset[str] = frozenset()
    opened: dict[str, tuple[int, int]] = field(default_factory=dict)
    configuration: frozenset[str] = frozenset()

    def covers(self, root: str) -> bool:
        """Whether a real directory lies in the app, or beside it in its deployment (``shared``, other releases)."""
        return any(root == base or root.startswith(f"{base}/") for base in (self.app.real, deployment(self.app)))

    def refuse_sealed(self, root: str, path: str, mode: int) -> None:
        """The last of the floors, whatever was planned: keys, ``.ssh`` and ``.git`` are never given away or opened.

        Raises:
            LeftAlone: it is one of them.
        """
        whole = absolute(root, path)
        base = deployment(self.app)
        why = sealed(whole[len(base) + 1 :] if whole.startswith(f"{base}/") else whole, mode)
        if why:
            raise LeftAlone(whole, "is not changed: it is, or lies beside, keys or credentials")


@contextmanager
def top(root: str, allowed: AllowedPaths | None, *, paths: tuple[str, ...] = ()) -> Iterator[int]:
    """Open the root directory of a step; refusals below it are reported with absolute paths.

    A link of the app may lead to any directory of the host, and whoever may change the link could lead root there. So
    outside of the deployment only directories that the app's user owns anyway are taken, and its pools' sockets.
    Without ``allowed`` the caller knows that the directory is root's own.

    Raises:
        LeftAlone: the directory is not the app's, or something below it is not to be touched.
    """
    try:
        descriptor = open_root(root)
    except OSError as error:
        raise LeftAlone(root, f"cannot be reached: {why(error)}") from None
    try:
        if allowed is not None:
            _refuse_elsewhere(root, descriptor, allowed, paths)
        yield descriptor
    except LeftAlone as error:
        if error.path.startswith("/"):
            raise
        raise LeftAlone(absolute(root, error.path), error.reason) from None
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else root
        raise LeftAlone(name if name.startswith("/") else absolute(root, name), f"failed: {why(error)}") from None
    finally:
        os.close(descriptor)


def _refuse_elsewhere(root: str, descriptor: int, allowed: AllowedPaths, paths: tuple[str, ...]) -> None:
    sockets = bool(paths) and all(absolute(root, path) in allowed.sockets for path in paths)
    if system_directory(root) and not sockets:
        raise LeftAlone(root, "is a directory of the system, in which liveproof changes nothing")
    status = os.fstat(descriptor)
    owner = status.st_uid
    if allowed.opened.setdefault(root, (status.st_dev, status.st_ino)) != (status.st_dev, status.st_ino):
        raise LeftAlone(root, "is another directory by now: something else was put in its place")
    if allowed.covers(root) or sockets or (owner == allowed.app.uid and owner != 0):
        return
    raise LeftAlone(
        root,
        f"lies outside of {deployment(allowed.app)} and is not {allowed.app.user}'s: whoever may change the link that "
        "leads there could lead liveproof anywhere; change it by hand",
    )
