"""Entries of a tree that get another owner or mode: what changing both has in common."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from liveproof.host.files.snapshot import LINK, META, Image
from liveproof.host.write import safety, writer
from liveproof.host.write.safety import Gone
from liveproof.repair.action import PreparedAction, StepContext
from liveproof.repair.allowed_paths import top
from liveproof.repair.undo_step import Places
from liveproof.steps.change_mode import Moded
from liveproof.steps.change_owner import Owned

_E = TypeVar("_E", Owned, Moded)


def surveyed(tree: str, entries: Sequence[_E], context: StepContext) -> list[tuple[_E, Image]]:
    """The entries as they are now; those that vanished are left out.

    Raises:
        LeftAlone: an entry is not safe to change.
    """
    found = []
    with top(tree, context.paths, paths=tuple(entry.path for entry in entries)) as root:
        for entry in entries:
            with suppress(Gone):
                image = safety.survey(root, entry.path)
                context.paths.refuse_sealed(tree, entry.path, image.mode)
                found.append((entry, image))
    return found


def changing(root: str, pairs: list[tuple[Image, Image]], context: StepContext) -> PreparedAction:
    """Change owner and mode of each image to its goal."""
    paths = tuple(image.path for image, _ in pairs)

    def do() -> Places:
        after = []
        with top(root, context.paths, paths=paths) as descriptor:
            for image, goal in pairs:
                context.pause()
                try:
                    mode = -1 if image.kind == LINK else goal.mode
                    after.append(writer.change(descriptor, image, uid=goal.uid, gid=goal.gid, mode=mode))
                except Gone:
                    after.append(Image(image.path, META))
        return ((root, tuple(after)),)

    before = ((root, tuple(image for image, _ in pairs)),)
    return PreparedAction(before, do, goals=((root, tuple(goal for _, goal in pairs)),))
