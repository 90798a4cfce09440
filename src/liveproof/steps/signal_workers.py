"""Let artisan tell the app's workers to end, so that whoever keeps them running starts new ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.steps.merging import grouped, together


@dataclass(frozen=True, slots=True)
class SignalWorkers(Act):
    """Run ``command`` of artisan (``queue:restart``) and wait until each of ``processes`` ended and has a successor.

    It is run as ``user`` by the interpreter ``php`` (absolute) in ``app``, with ``umask`` (umask(2)); booting the app
    may write the places ``writes`` (below ``app``). ``processes`` are pid and start (epoch seconds): the one without
    the other may be another process. A worker ends when its job is done, for which it has ``patience`` seconds; one
    that takes longer is left running and told.
    """

    order: ClassVar[int] = 82
    service: ClassVar[bool] = True

    app: str
    user: str
    php: str
    command: str
    processes: tuple[tuple[int, float], ...]
    patience: float
    writes: tuple[str, ...] = ()
    umask: int = 0o022

    def describe(self) -> str:
        """What is done, in words."""
        return f"run artisan {self.command} as {self.user} and wait for new workers"

    def details(self) -> tuple[str, ...]:
        """Which processes must end."""
        return tuple(
            f"process {pid} ends once its job is done, within {self.patience:.0f} s" for pid, _ in self.processes
        )

    def shell(self) -> tuple[str, ...]:
        """The same by hand."""
        command = " ".join(quoted(word) for word in (self.php, "artisan", self.command))
        return (
            f"cd -- {quoted(self.app)}",
            f"(umask {self.umask:04o} && runuser -u {quoted(self.user)} -- {command} --no-interaction)",
            "cd /",
        )

    def place(self) -> tuple[Any, ...]:
        """By app."""
        return self.app, self.command

    def on(self, real: Callable[[str], str]) -> Self:
        """The same on the app's real directory."""
        return replace(self, app=real(self.app))

    def lasting(self) -> Self:
        """Which processes run changes whenever a worker is started again."""
        return replace(self, processes=(), patience=0.0)

    @property
    def empties_memory(self) -> bool:
        """What the processes have loaded is gone."""
        return True

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each command once: it reaches every worker of the app."""
        for same in grouped(steps, lambda act: (act.app, act.command)):
            acts = [step.act for step in same if isinstance(step.act, SignalWorkers)]
            processes = tuple(sorted({one for act in acts for one in act.processes}))
            patience = max(act.patience for act in acts)
            yield together(same, replace(acts[0], processes=processes, patience=patience))
