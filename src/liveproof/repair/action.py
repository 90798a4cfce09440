"""What carries out one kind of step: it looks at the step and prepares what is to be done, which the runner then does.

Each module of ``actions`` registers one function for one kind, by ``@action(Kind)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, TypeVar

from liveproof.host.files.snapshot import FILE, TIMES, WHOLE, Image, look, read_tree, read_whole
from liveproof.host.write.safety import LeftAlone
from liveproof.host.write.service_control import Service
from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act
from liveproof.repair.allowed_paths import AllowedPaths
from liveproof.repair.undo_step import Places
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.store.journal_log import Keeper


class Stopped(Exception):
    """Somebody asked to stop (SIGINT, SIGTERM, SIGHUP) before the step was done."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class RunningMaster:
    """A running master: the addresses of its pools as nginx writes them, its process_control_timeout in seconds."""

    addresses: tuple[str, ...]
    timeout: float


@dataclass(frozen=True, slots=True)
class StepContext:
    """What an action may know besides its act.

    Attributes:
        paths: where it may change files.
        stopped: tells whether somebody asked to stop.
        patience: how long PHP-FPM waits for running requests at a reload, in seconds.
        masters: the PHP-FPM masters whose reload must cut off no request, by unit, or by pid where no unit runs one.
        temporary: how it must name a file that it makes for a moment; empty when nothing will be done.
        keeper: where it must copy contents that it changes; None when nothing will be done.
    """

    paths: AllowedPaths
    stopped: Callable[[], bool] = _never
    patience: float = 0.0
    masters: Mapping[str | int, RunningMaster] = field(default_factory=dict)
    temporary: str = ""
    keeper: Keeper | None = None

    def pause(self) -> None:
        """A moment at which a step may be left half-done.

        Raises:
            Stopped: somebody asked to stop.
        """
        if self.stopped():
            raise Stopped


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class PreparedAction:
    """A step that was looked at and may begin.

    Attributes:
        before, goals, trees: as in ``repair.undo_step.Begun``.
        ready: waits for the moment at which it may begin; where it raises, nothing was done, so nothing is undone.
        run: carries it out and returns what stands there after.
        verify: judges what came of it, once that is written down; raises when it is not good.
        output: what its command printed, secrets removed, once it ran.
        service: the service that it acts on, as it was before.
        invalidates: the act itself, where PHP drops scripts from its memory.
    """

    before: Places
    run: Callable[[], Places]
    goals: Places = ()
    ready: Callable[[], None] = _nothing
    trees: tuple[tuple[str, str], ...] = ()
    verify: Callable[[], None] = _nothing
    output: Callable[[], str] = str
    service: Service | None = None
    invalidates: InvalidateScripts | None = None


Action = Callable[[Any, StepContext], PreparedAction]
actions: dict[type[Act], Action] = {}

_A = TypeVar("_A", bound=Action)


def action(kind: type[Act]) -> Callable[[_A], _A]:
    """Register what carries out a kind of step."""

    def register(function: _A) -> _A:
        actions[kind] = function
        return function

    return register


def whole(top: int, path: str, keeper: Keeper | None) -> Image:
    """What stands at ``path``, its content copied when there is a keeper.

    Raises:
        LeftAlone: a file with several hard links, which cannot be put back as it was.
        TooMuch: there is no room to copy it.
        OSError: it cannot be read.
    """
    links = look(top, path)
    if links.kind == FILE and links.links > 1:
        raise LeftAlone(
            path, f"has {links.links} hard links: the same file stands elsewhere too and could change there"
        )
    if keeper is None:
        return look(top, path, WHOLE) if links.kind != FILE else replace(links, scope=WHOLE)
    offset = keeper.size
    image = read_whole(top, path, keeper.keep)
    return replace(image, kept=offset) if image.kind == FILE else image


def again(top: int, before: tuple[Image, ...], trees: tuple[str, ...] = ()) -> tuple[Image, ...]:
    """What stands now where ``before`` was seen, and at and below ``trees``.

    Raises:
        OSError: it cannot be read.
    """
    found: dict[tuple[str, bool], Image] = {}
    for image in before:
        found[image.path, image.scope == TIMES] = (
            read_whole(top, image.path) if image.scope == WHOLE else look(top, image.path, image.scope)
        )
    for path in trees:
        for image in read_tree(top, path, lambda name: read_whole(top, name)):
            found.setdefault((image.path, image.scope == TIMES), image)
    return tuple(found.values())


def parent(path: str) -> str:
    """The directory of a path below a root."""
    return path.rpartition("/")[0] or "."
