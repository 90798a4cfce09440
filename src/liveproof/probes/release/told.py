"""What a comparison with a release came to."""

from dataclasses import dataclass, field

from liveproof.host.files.digests import Compared


@dataclass(slots=True)
class Told:
    """What a comparison came to; paths below the app."""

    compared: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    untracked: list[str] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, paths: list[str], why: str) -> None:
        """Tell paths that were counted as compared as not comparable after all."""
        self.skipped += [(path, why) for path in paths]
        self.compared -= len(paths)

    def join(self, other: "Told") -> None:
        """Add what another comparison came to."""
        self.compared += other.compared
        self.changed += other.changed
        self.missing += other.missing
        self.skipped += other.skipped
        self.modes += other.modes
        self.untracked += other.untracked
        self.ignored += other.ignored

    def add(self, at: str, found: Compared) -> None:
        """Add what was compared below a directory; ``at`` stands before its paths."""
        self.compared += found.count
        self.changed += [at + path for path in found.changed]
        self.missing += [at + path for path in found.missing]
        self.skipped += [(at + path, why) for path, why in found.unseen]
        self.modes += [at + path for path in found.modes]
