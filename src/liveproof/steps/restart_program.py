"""Restart a program of supervisord's."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.model.verdicts import Safety
from liveproof.steps.merging import grouped, together


@dataclass(frozen=True, slots=True)
class RestartProgram(Act):
    """``supervisorctl restart PROGRAM``: ``program`` is ``group:name``, ``control`` the absolute path of supervisorctl.

    ``config`` is the configuration of the supervisord that runs it.
    """

    order: ClassVar[int] = 81
    service: ClassVar[bool] = True

    program: str
    control: str
    config: str

    def describe(self) -> str:
        """What is done, in words."""
        return f"restart supervisord's {self.program}"

    def shell(self) -> tuple[str, ...]:
        """The same by hand."""
        return (f"{quoted(self.control)} -c {quoted(self.config)} restart {quoted(self.program)}",)

    def place(self) -> tuple[Any, ...]:
        """By program."""
        return self.config, self.program

    @property
    def least_safety(self) -> Safety:
        """A job that takes longer than stopwaitsecs is cut off."""
        return Safety.DROPS

    @property
    def empties_memory(self) -> bool:
        """What its process has loaded is gone."""
        return True

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each program once."""
        for same in grouped(steps, lambda act: (act.config, act.program)):
            yield together(same, same[0].act)
