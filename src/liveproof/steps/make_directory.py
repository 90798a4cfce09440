"""Make a directory that is missing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Step
from liveproof.steps.merging import BelowRoot, alike, join


@dataclass(frozen=True, slots=True)
class MakeDirectory(BelowRoot):
    """Create a missing directory ``path`` below ``root`` with owner and mode."""

    order: ClassVar[int] = 10

    root: str
    path: str
    uid: int
    gid: int
    mode: int

    def describe(self) -> str:
        """What is done, in words."""
        return f"make the directory {self.root}/{self.path}"

    def place(self) -> tuple[Any, ...]:
        """The upper ones first."""
        return self.path.count("/"), self.path

    def directories(self) -> Iterable[str]:
        """The one above it."""
        return (join(self.root, self.path).rpartition("/")[0],)

    def made_directories(self) -> Iterable[str]:
        """The directory."""
        return (join(self.root, self.path),)

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each directory once."""
        return alike(steps, lambda act: join(act.root, act.path))
