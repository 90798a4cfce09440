"""Remove a derived file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Step
from liveproof.steps.merging import BelowRoot, alike, join


@dataclass(frozen=True, slots=True)
class RemoveFile(BelowRoot):
    """Remove a derived file ``path`` below ``root`` (a stale compiled view); its content is kept in the journal."""

    order: ClassVar[int] = 60
    recompiles: ClassVar[bool] = True

    root: str
    path: str

    def describe(self) -> str:
        """What is done, in words."""
        return f"remove {self.root}/{self.path}"

    def place(self) -> tuple[Any, ...]:
        """By path."""
        return self.root, self.path

    def changed_paths(self) -> Iterable[str]:
        """The file."""
        return (join(self.root, self.path),)

    removed_paths = changed_paths

    def directories(self) -> Iterable[str]:
        """The one that it stands in."""
        return (join(self.root, self.path).rpartition("/")[0],)

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each file once."""
        return alike(steps, lambda act: join(act.root, act.path))
