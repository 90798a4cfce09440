"""Run artisan as the app's user."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Act, Step
from liveproof.steps.merging import Contradiction, grouped, join, named, together

# What a command reads must be built before it: providers, configuration, events, routes, views.
_COMMANDS = (
    "clear-compiled", "optimize:clear", "package:discover", "config:clear", "config:cache",
    "event:clear", "event:cache", "route:clear", "route:cache", "view:clear", "view:cache",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunArtisan(Act):
    """Run artisan as the app's user.

    ``writes`` names every file or directory (below ``app``) that the command may change: the journal keeps them for
    the undo. ``php`` is the absolute path of the interpreter of the pool's own version. ``umask`` (umask(2)) keeps what
    it makes as closed as what was there: a configuration cache holds every secret of ``.env``.

    ``fresh`` are pairs of a variable that tells Laravel where a cache lies, and the cache's path below ``app``. While
    the command runs these caches lie in a new directory: a broken cache cannot keep artisan from starting, and nobody
    misses the old one meanwhile. Then what it wrote is put in the place of the path, at once; nothing where the path is
    empty.
    """

    order: ClassVar[int] = 70
    recompiles: ClassVar[bool] = True

    app: str
    user: str
    php: str
    arguments: tuple[str, ...]
    writes: tuple[str, ...]
    umask: int = 0o022
    fresh: tuple[tuple[str, str], ...] = ()

    def describe(self) -> str:
        """What is done, in words."""
        return f"run artisan {' '.join(self.arguments)} as {self.user}"

    def details(self) -> tuple[str, ...]:
        """What it may write."""
        return tuple(f"may write {path}" for path in self.writes[: self.details_shown])

    def shell(self) -> tuple[str, ...]:
        """The same by hand."""
        command = " ".join(quoted(word) for word in (self.php, "artisan", *self.arguments))
        user = f"runuser -u {quoted(self.user)} --"
        goals = [path for _, path in self.fresh if path]
        if not goals:
            ran = f"(umask {self.umask:04o} && {user} {command} --no-interaction)"
            return (f"cd -- {quoted(self.app)}", ran, "cd /")
        where = " ".join(f'{name}="$NEW/{posixpath.basename(path) or name.lower()}"' for name, path in self.fresh)
        return (
            f"cd -- {quoted(self.app)}",
            f"NEW=$({user} mktemp -d -p {quoted(posixpath.dirname(goals[0]))})",
            f"(umask {self.umask:04o} && {user} env {where} {command} --no-interaction)",
            *(f'{user} mv -- "$NEW/{posixpath.basename(path)}" {quoted(path)}' for path in goals),
            f'{user} rm -r -- "$NEW"',
            "cd /",
        )

    def place(self) -> tuple[Any, ...]:
        """What others read first."""
        name = self.arguments[0] if self.arguments else ""
        return _COMMANDS.index(name) if name in _COMMANDS else len(_COMMANDS), name

    def on(self, real: Callable[[str], str]) -> Self:
        """The same on the app's real directory."""
        return replace(self, app=real(self.app))

    def changed_paths(self) -> Iterable[str]:
        """What it may write."""
        return (join(self.app, path) for path in self.writes)

    def directories(self) -> Iterable[str]:
        """What it may write: it makes files again in them."""
        return self.changed_paths()

    @classmethod
    def merge(cls, steps: Sequence[Step], removed: frozenset[str]) -> Iterator[Step]:
        """Each command once."""
        for same in grouped(steps, lambda act: (act.app, act.arguments)):
            acts = [step.act for step in same if isinstance(step.act, RunArtisan)]
            if any((act.user, act.php) != (acts[0].user, acts[0].php) for act in acts):
                raise Contradiction(
                    f"{named(same[0])} and {named(same[-1])} run artisan {acts[0].arguments[0]} differently"
                )
            writes = tuple(sorted({path for act in acts for path in act.writes}))
            yield together(same, replace(acts[0], writes=writes))
