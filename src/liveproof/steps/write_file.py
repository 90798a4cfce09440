"""Replace the content of a configuration file."""

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.hashing import sha256
from liveproof.model.plan import Step
from liveproof.model.secrets import redacted_diff
from liveproof.model.verdicts import Safety
from liveproof.steps.merging import OfOnePath, alike_and_there


@dataclass(frozen=True, slots=True)
class WriteFile(OfOnePath):
    """Replace the content of the configuration file ``path`` (absolute); owner and mode stay.

    ``old_sha256`` is the digest of the content the plan was made from; the step is refused when it differs.
    ``test`` is a command that must succeed with the new content in place (``nginx -t``), else the old content returns.
    ``content`` may hold secrets: it is there for the action alone, and shown and kept as ``diff``, its changed lines
    with secrets hidden. A plan that was kept has no content and cannot be applied.
    """

    order: ClassVar[int] = 40
    details_shown: ClassVar[int] = 40

    path: str
    old_sha256: str
    content: str = field(default="", repr=False)
    test: tuple[str, ...] = ()
    diff: str = ""

    @classmethod
    def edit(cls, path: str, old: str, new: str, test: tuple[str, ...]) -> "WriteFile":
        """The step that makes ``old``, the file's text now, to ``new``."""
        return cls(path, sha256(old.encode(errors="surrogateescape")), new, test, redacted_diff(path, old, new))

    @property
    def least_safety(self) -> Safety:
        """It edits the configuration of a service."""
        return Safety.CONFIG

    def describe(self) -> str:
        """What is done, in words."""
        return f"write {self.path}"

    def details(self) -> tuple[str, ...]:
        """The changed lines."""
        return tuple(line for line in self.diff.splitlines()[2:] if not line.startswith("@@"))

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each file once."""
        return alike_and_there(steps, lambda act: act.path, removed)
