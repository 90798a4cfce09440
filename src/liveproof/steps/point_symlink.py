"""Point a symbolic link elsewhere."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Step
from liveproof.steps.merging import OfOnePath, alike_and_there


@dataclass(frozen=True, slots=True)
class PointSymlink(OfOnePath):
    """Point the symbolic link ``path`` atomically from ``old`` to ``target``."""

    order: ClassVar[int] = 50
    recompiles: ClassVar[bool] = True

    path: str
    old: str
    target: str

    def describe(self) -> str:
        """What is done, in words."""
        return f"point {self.path} from {self.old} to {self.target}"

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each link once."""
        return alike_and_there(steps, lambda act: act.path, removed)
