"""Give entries of a tree another owner."""

from dataclasses import replace

from liveproof.host.write.safety import LeftAlone
from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.repair.entries import changing, surveyed
from liveproof.steps.change_owner import ChangeOwner


@action(ChangeOwner)
def change_owner(act: ChangeOwner, context: StepContext) -> PreparedAction:
    """Entries get another owner. One that vanished needs none.

    Raises:
        LeftAlone: an entry is not as the plan says, or not safe to change.
    """
    found = []
    for entry, image in surveyed(act.root, act.entries, context):
        if (image.uid, image.gid) != (entry.uid, entry.gid):
            raise LeftAlone(entry.path, f"belongs to {image.uid}:{image.gid} by now, not to {entry.uid}:{entry.gid}")
        found.append(image)
    goals = [
        replace(image, uid=image.uid if act.uid == -1 else act.uid, gid=image.gid if act.gid == -1 else act.gid)
        for image in found
    ]
    return changing(act.root, list(zip(found, goals, strict=True)), context)
