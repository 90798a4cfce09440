"""Point a symbolic link elsewhere."""

import os
from dataclasses import replace

from liveproof.host.files.snapshot import LINK, TIMES, WHOLE, look
from liveproof.host.write import safety, writer
from liveproof.host.write.safety import LeftAlone
from liveproof.repair.action import PreparedAction, StepContext, action, again
from liveproof.repair.allowed_paths import top
from liveproof.repair.undo_step import Places
from liveproof.steps.point_symlink import PointSymlink


@action(PointSymlink)
def point_symlink(act: PointSymlink, context: StepContext) -> PreparedAction:
    """A symbolic link leads elsewhere, at once.

    Raises:
        LeftAlone: it is no link by now, or leads elsewhere already.
    """
    folder, _, name = act.path.rpartition("/")
    folder = os.path.realpath(folder)
    with top(folder, context.paths) as root:
        image = look(root, name, WHOLE)
        if image.kind != LINK or image.target != act.old:
            raise LeftAlone(name, f"is not a link to {act.old} by now")
        safety.refuse_unsafe_place(root, image)
        before = (image, look(root, ".", TIMES))
    wanted = replace(image, target=act.target, mtime=0, atime=0)

    def do() -> Places:
        with top(folder, context.paths) as descriptor:
            writer.put_link(descriptor, image, wanted, context.temporary)
            return ((folder, again(descriptor, before)),)

    return PreparedAction(((folder, before),), do)
