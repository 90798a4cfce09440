"""Point a symbolic link elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.steps.merging import alike, refuse_removed


@dataclass(frozen=True, slots=True)
class PointSymlink(Act):
    """Point the symbolic link ``path`` atomically from ``old`` to ``target``."""

    order: ClassVar[int] = 50
    recompiles: ClassVar[bool] = True

    path: str
    old: str
    target: str

    def describe(self) -> str:
        """What is done, in words."""
        return f"point {self.path} from {self.old} to {self.target}"

    def place(self) -> tuple[Any, ...]:
        """By path."""
        return (self.path,)

    def changed_paths(self) -> Iterable[str]:
        """The link."""
        return (self.path,)

    def directories(self) -> Iterable[str]:
        """The one that it stands in."""
        return (self.path.rpartition("/")[0],)

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each link once."""
        return refuse_removed(alike(steps, lambda act: act.path), lambda act: act.path, removed)
