"""Set permission bits of entries of a tree."""

from dataclasses import replace

from liveproof.host.files.snapshot import FILE, LINK
from liveproof.host.write.safety import LeftAlone
from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.repair.entries import changing, surveyed
from liveproof.steps.change_mode import ChangeMode


@action(ChangeMode)
def change_mode(act: ChangeMode, context: StepContext) -> PreparedAction:
    """Entries get other permission bits.

    Raises:
        LeftAlone: an entry is not as the plan says, or not safe to change.
    """
    pairs = []
    for entry, image in surveyed(act.root, act.entries, context):
        if image.kind == LINK:
            raise LeftAlone(entry.path, "is a symbolic link by now, which has no mode of its own")
        if image.mode != entry.mode:
            raise LeftAlone(entry.path, f"has mode {image.mode:04o} by now, not {entry.mode:04o}")
        if image.kind == FILE and entry.new & 0o6000:
            raise LeftAlone(entry.path, "would become setuid or setgid, which liveproof gives no file")
        pairs.append((image, replace(image, mode=entry.new)))
    return changing(act.root, pairs, context)
