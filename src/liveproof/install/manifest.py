"""What `liveproof install` has written on this host: each file with the digest of its content, and new directories.

It is kept before anything is written, with the digests from before beside the new ones: an installation that is cut off
is known all the same.
"""

import json
import os
from typing import Any

from liveproof.install import writing
from liveproof.install.file import File
from liveproof.model.dataclass import dataclass
from liveproof.store import directory

_NAME = "installed.json"


class Damaged(Exception):
    """The list of what was installed cannot be read; the message names it and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files``: path to the digests of what was written there; ``directories`` that were made, outermost first."""

    version: str = ""
    files: tuple[tuple[str, tuple[str, ...]], ...] = ()
    directories: tuple[str, ...] = ()

    def digests(self, path: str) -> tuple[str, ...]:
        """The digests of what was written at a path; none where nothing was."""
        return dict(self.files).get(path, ())


def path() -> str:
    """Where it is kept."""
    return f"{directory.directory()}/{_NAME}"


def load() -> Manifest:
    """What was installed; nothing where there is no list.

    Raises:
        Damaged: it cannot be read.
    """
    try:
        found = writing.standing(os.path.abspath(path()))
        if found is None:
            return Manifest()
        return _parsed(json.loads((found.content or b"").decode()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise Damaged(
            f"{path()} cannot be used ({why}): it lists what `liveproof install` wrote. Move it away; install then "
            "knows its files again by their contents"
        ) from None


def save(manifest: Manifest) -> None:
    """Keep it.

    Raises:
        OSError, UnsafeState: it cannot be kept.
    """
    directory.ensure(directory.directory())
    document = {
        "version": manifest.version,
        "files": {path: list(digests) for path, digests in manifest.files},
        "directories": list(manifest.directories),
    }
    content = json.dumps(document, indent=1).encode() + b"\n"
    writing.put(File(os.path.abspath(path()), content, "what was installed", 0o600))


def _parsed(document: Any) -> Manifest:
    files = tuple((_path(path), tuple(map(_text, digests))) for path, digests in document["files"].items())
    return Manifest(_text(document["version"]), files, tuple(map(_path, document["directories"])))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _path(value: Any) -> str:
    path = _text(value)
    if not path.startswith("/") or path != os.path.normpath(path) or not path.isprintable():
        raise ValueError
    return path
