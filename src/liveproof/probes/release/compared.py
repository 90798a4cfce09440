"""Comparing a release with the disk, and remembering what came of it.

Two memories spare the work. The outcome is remembered with the signature of the tree: while that is the same, nothing of
the code has changed, and only files outside of the signed sections (in storage) are looked at. When it is not, each
directory that was right is remembered by its files' sizes, times and inodes, and only the others are read again.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from liveproof.host.content import Compared, Directory
from liveproof.host.memory import Memory
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.patterns import matcher
from liveproof.model.settings import Settings
from liveproof.probes.release.conversions import settle
from liveproof.probes.release.intended import Intended

_FORMAT = "1"
# What the walk's signature does not cover.
_UNSIGNED = ("storage", "node_modules", ".git")


@dataclass(slots=True)
class Told:
    """What a comparison came to; paths below the app."""

    compared: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)

    def add(self, prefix: str, found: Compared) -> None:
        """Add what was compared below a directory that is told as ``prefix``."""
        at = f"{prefix}/" if prefix else ""
        self.compared += found.count
        self.changed += [at + path for path in found.changed]
        self.missing += [at + path for path in found.missing]
        self.skipped += [(at + path, why) for path, why in found.unseen]
        self.modes += [at + path for path in found.modes]


def compare(  # noqa: PLR0917  (all that a probe may know)
    reader: Reader, memory: Memory, settings: Settings, app: App, files: Files, intended: Intended
) -> Told:
    """The release against the disk.

    Raises:
        GitFailed, CannotSee: the release cannot be read.
        OSError: the app's directory cannot be opened.
    """
    name = f"release-{hashlib.sha256(app.real.encode(errors='surrogateescape')).hexdigest()[:12]}"
    meant = " ".join((_FORMAT, intended.kind, intended.signature, *settings.ignore))
    signature = f"{meant} {files.signature}"
    kept = memory.recall(name, signature) if files.settled else None
    if isinstance(kept, dict):
        told = Told(**kept["signed"])
        told.skipped = [(path, why) for path, why in told.skipped]
        _unsigned(reader, app, intended, told, kept)
        return told
    return _afresh(reader, memory, settings, app, files, intended, name, signature, meant)
