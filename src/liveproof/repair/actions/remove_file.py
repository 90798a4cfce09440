"""Remove a derived file; its content is kept for the undo."""

from liveproof.host.files.snapshot import FILE, NOTHING, TIMES, look
from liveproof.host.write import safety, writer
from liveproof.host.write.safety import LeftAlone
from liveproof.repair.action import PreparedAction, StepContext, action, again, parent, whole
from liveproof.repair.allowed_paths import top
from liveproof.repair.undo_step import Places
from liveproof.steps.remove_file import RemoveFile


@action(RemoveFile)
def remove_file(act: RemoveFile, context: StepContext) -> PreparedAction:
    """A derived file goes; its content is kept.

    Raises:
        LeftAlone: it is no plain file, or not safe to remove.
    """
    with top(act.root, context.paths) as root:
        image = whole(root, act.path, context.keeper)
        context.paths.refuse_sealed(act.root, act.path, image.mode)
        if image.kind != FILE:
            raise LeftAlone(act.path, "is gone" if image.kind == NOTHING else "is no longer a file")
        safety.refuse_unsafe_place(root, image)
        before = (image, look(root, parent(act.path), TIMES))

    def do() -> Places:
        with top(act.root, context.paths) as descriptor:
            writer.remove(descriptor, image)
            return ((act.root, again(descriptor, before)),)

    return PreparedAction(((act.root, before),), do)
