"""Start, reload or restart a service."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.model.verdicts import Safety
from liveproof.steps.merging import grouped, together

Verb = Literal["start", "reload", "signal", "restart"]
# In this order in a plan; a restart does what a start does, and either does what a reload does.
_ORDER: tuple[Verb, ...] = ("start", "reload", "signal", "restart")
_STRENGTH: tuple[Verb, ...] = ("signal", "reload", "start", "restart")


@dataclass(frozen=True, slots=True)
class ServiceAction(Act):
    """Start a stopped systemd unit, reload one gracefully, or restart one, which drops what it is doing.

    ``test`` is a configuration test that must succeed before. The verb ``signal`` reloads a php-fpm master that no unit
    runs: SIGUSR2 to exactly the process ``pid`` that started at ``start`` (epoch seconds), for a pid alone may be
    another process by now.
    """

    order: ClassVar[int] = 80
    service: ClassVar[bool] = True

    verb: Verb
    unit: str = ""
    test: tuple[str, ...] = ()
    pid: int = 0
    start: float = 0.0

    def __post_init__(self) -> None:
        # A unit is named in full: ``systemctl reload 'php*-fpm'`` without ``.service`` silently does nothing.
        if self.unit and not self.unit.endswith((".service", ".timer", ".socket")):
            object.__setattr__(self, "unit", f"{self.unit}.service")

    def describe(self) -> str:
        """What is done, in words."""
        return f"reload the PHP-FPM master {self.pid}" if self.verb == "signal" else f"{self.verb} {self.unit}"

    def shell(self) -> tuple[str, ...]:
        """The same by hand."""
        test = (" ".join(quoted(word) for word in self.test),) if self.test else ()
        act = f"kill -USR2 {self.pid}" if self.verb == "signal" else f"systemctl {self.verb} {quoted(self.unit)}"
        return (*test, act)

    def place(self) -> tuple[Any, ...]:
        """The web server comes last: it may point to a socket that PHP-FPM is about to open."""
        return _ORDER.index(self.verb), self.verb != "signal" and "fpm" not in self.unit, self.pid, self.unit

    def same_service(self, other: "ServiceAction") -> bool:
        """Whether both act on one service."""
        return (self.unit, self.pid, self.start) == (other.unit, other.pid, other.start)

    @property
    def least_safety(self) -> Safety:
        """A restart ends the requests that run."""
        return Safety.DROPS if self.verb == "restart" else Safety.SAFE

    @property
    def empties_memory(self) -> bool:
        """Whether it ends the workers that run."""
        return self.verb != "start"

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """One action for each service: the strongest, with the test that any of them brings."""
        for same in grouped(steps, lambda act: (act.unit, act.pid, act.start)):
            acts = [step.act for step in same if isinstance(step.act, ServiceAction)]
            strongest = max(acts, key=lambda act: _STRENGTH.index(act.verb))
            test = strongest.test or next((act.test for act in acts if act.test), ())
            yield together(same, replace(strongest, test=test))
