"""Let PHP-FPM compile named files again, without a reload."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.steps.merging import Contradiction, grouped, named, together

MOST_SCRIPTS = 50


@dataclass(frozen=True, slots=True)
class InvalidateScripts(Act):
    """PHP drops the bytecode of some scripts, and compiles their files when they are next asked for.

    No process ends and no request is cut off. ``pool`` (its id) is asked at ``address``; the cache is that of the whole
    master, so all of its pools, ``pools`` (name and
    address), must be idle at that moment. The master is the process ``pid`` that
    started at ``start`` (epoch seconds), its cache the one that began at ``generation`` (start and latest restart,
    epoch seconds, as PHP tells them). ``scripts`` are real paths, without a symbolic link, at most 50.
    """

    order: ClassVar[int] = 79
    service: ClassVar[bool] = True

    pool: str
    address: str
    pools: tuple[tuple[str, str], ...]
    pid: int
    start: float
    generation: tuple[int, int]
    scripts: tuple[str, ...]

    @property
    def empties_memory(self) -> bool:
        """Of these scripts nothing is left in it."""
        return True

    def describe(self) -> str:
        """What is done, in words."""
        return f"let PHP-FPM pool {self.pool} compile what has changed again, without a reload"

    def lasting(self) -> Self:
        """Which scripts stand in the cache changes with every request."""
        return replace(self, scripts=(), generation=(0, 0))

    def details(self) -> tuple[str, ...]:
        """The scripts."""
        return self.scripts

    def place(self) -> tuple[Any, ...]:
        """By master."""
        return self.pid, self.pool, self.scripts

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """One for each cache, with the scripts of all: several requests would switch them at several moments.

        Raises:
            Contradiction: together they are too many.
        """
        for same in grouped(steps, lambda act: (act.pid, act.start, act.generation)):
            acts = [step.act for step in same if isinstance(step.act, InvalidateScripts)]
            scripts = tuple(sorted({path for act in acts for path in act.scripts} - removed))
            if len(scripts) > MOST_SCRIPTS:
                names = " and ".join(dict.fromkeys(map(named, same)))
                raise Contradiction(
                    f"{names} want {len(scripts)} scripts of PHP-FPM pool {acts[0].pool} compiled again, which only a "
                    f"reload does at once (without one at most {MOST_SCRIPTS})"
                )
            pools = tuple(dict.fromkeys(pool for act in acts for pool in act.pools))
            if scripts:
                yield together(same, replace(acts[0], pools=pools, scripts=scripts))
