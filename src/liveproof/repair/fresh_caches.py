"""A new directory in which artisan makes caches beside those that are in use, and puts them in their place."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from liveproof.host.files.openat2 import open_beneath
from liveproof.host.files.snapshot import NOTHING, TIMES, WHOLE, look, read_tree
from liveproof.host.process.command import Identity
from liveproof.host.write import writer
from liveproof.host.write.safety import LeftAlone
from liveproof.model.dataclass import dataclass
from liveproof.repair.action import StepContext
from liveproof.repair.allowed_paths import AllowedPaths, top
from liveproof.repair.restore import absolute
from liveproof.steps.run_artisan import RunArtisan

_ATTEMPTS = 5


def place(app: str, path: str) -> tuple[str, str]:
    """Root and path of what lies below an app; where a link of the app leads out, the directory behind it."""
    real = os.path.realpath(absolute(app, path))
    if real == app or real.startswith(f"{app}/"):
        return app, real[len(app) + 1 :] or "."
    if os.path.isdir(real):
        return real, "."
    folder, _, name = real.rpartition("/")
    return folder, name


@dataclass(frozen=True, slots=True)
class FreshCaches:
    """The new directory ``path`` below ``root``; ``taken`` are names in it and the paths of the app that they replace.

    ``environment`` sends Laravel there.
    """

    root: str
    path: str
    command: str
    taken: tuple[tuple[str, str], ...]
    environment: Mapping[str, str]
    paths: AllowedPaths

    def put_in_place(self) -> None:
        """Put what artisan made in the place of what is in use, at once.

        Raises:
            LeftAlone: it was not made, or is no plain file.
        """
        if not self.taken:
            return
        folder = self.path.rpartition("/")[0]
        with top(self.root, self.paths) as descriptor:
            for name, goal in self.taken:
                made = look(descriptor, f"{self.path}/{name}")
                if made.kind == NOTHING:
                    raise LeftAlone(f"{folder}/{goal}", f"was not made by artisan {self.command}")
                writer.move(descriptor, made, f"{folder}/{goal}" if folder else goal)


@contextmanager
def fresh_caches(act: RunArtisan, identity: Identity, context: StepContext) -> Iterator[FreshCaches]:
    """The directory for one command, removed in the end with what is left in it; none where the command needs none.

    It lies beside the caches and has their directory's group where that is handed down.

    Raises:
        LeftAlone: it cannot be made or removed.
    """
    goals = [path for _, path in act.fresh if path]
    if not goals:
        yield FreshCaches("", "", act.arguments[0], (), {}, context.paths)
        return
    root, folder = place(act.app, goals[0].rpartition("/")[0])
    name = f"{context.temporary}-fresh"
    path = name if folder == "." else f"{folder}/{name}"
    with top(root, context.paths) as descriptor:
        above = look(descriptor, folder)
        gid, mode = (above.gid, 0o2700) if above.mode & 0o2000 else (identity.gid, 0o700)
        beside = open_beneath(descriptor, folder)
    try:
        writer.make_directory(beside, name, identity.uid, gid, mode)
        environment = {variable: f"{root}/{path}/{variable.lower()}.php" for variable, _ in act.fresh}
        taken = tuple((f"{var.lower()}.php", goal.rpartition("/")[2]) for var, goal in act.fresh if goal)
        yield FreshCaches(root, path, act.arguments[0], taken, environment, context.paths)
        _remove(beside, name)
    except BaseException:
        with suppress(LeftAlone):
            _remove(beside, name)
        raise
    finally:
        os.close(beside)


def _remove(beside: int, name: str) -> None:
    """Remove the directory with what is in it; the app's user may write there, and be at it at this moment.

    ``beside`` is the open directory in which it was made: whoever moves that one away meanwhile leaves nothing behind.

    Raises:
        LeftAlone: it does not hold still.
    """
    for attempt in range(_ATTEMPTS):
        try:
            left = [*read_tree(beside, name, lambda path: look(beside, path, WHOLE))]
            for image in reversed([image for image in left if image.scope != TIMES]):
                if image.kind != NOTHING:
                    writer.remove(beside, image)
        except LeftAlone:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return
