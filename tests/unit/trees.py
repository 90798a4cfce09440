"""Trees on this machine's own file system for the tests of what changes files."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from liveproof.model.facts.apps import App

WWW = 33
DEPLOY = 1234


@dataclass(frozen=True)
class Entry:
    """Everything of an entry that a rollback must bring back."""

    kind: int
    mode: int
    uid: int
    gid: int
    mtime: int
    content: str
    attributes: tuple[str, ...]


def snapshot(top: Path) -> dict[str, Entry]:
    """Every entry at and below a directory, byte for byte."""
    found = {".": _entry(str(top))}
    for folder, folders, names in os.walk(top):
        for name in (*folders, *names):
            path = os.path.join(folder, name)
            found[os.path.relpath(path, top)] = _entry(path)
    return found


def _entry(path: str) -> Entry:
    seen = os.lstat(path)
    content = ""
    if stat.S_ISLNK(seen.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(seen.st_mode):
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    attributes = () if stat.S_ISLNK(seen.st_mode) else tuple(sorted(os.listxattr(path)))
    return Entry(
        stat.S_IFMT(seen.st_mode), stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid, seen.st_mtime_ns, content,
        attributes,
    )  # fmt: skip


def app(top: Path, *, path: str = "", user: str = "www-data", uid: int = WWW) -> App:
    """An app in a directory."""
    return App(path or str(top), str(top), "", user, uid, uid, (uid,), (), (), True)
