"""Make a directory that is missing."""

from liveproof.host.files.snapshot import FOLDER, NOTHING, TIMES, look
from liveproof.host.write import safety, writer
from liveproof.host.write.safety import LeftAlone
from liveproof.repair.action import PreparedAction, StepContext, action, parent
from liveproof.repair.allowed_paths import top
from liveproof.repair.restore import absolute
from liveproof.repair.undo_step import Places
from liveproof.steps.make_directory import MakeDirectory


@action(MakeDirectory)
def make_directory(act: MakeDirectory, context: StepContext) -> PreparedAction:
    """A missing directory.

    Raises:
        LeftAlone: something stands there by now, or its parent is gone.
    """
    with top(act.root, context.paths) as root:
        now = look(root, act.path)
        if now.kind != NOTHING:
            raise LeftAlone(act.path, "has come into being since it was looked at")
        above = look(root, parent(act.path), TIMES)
        if above.kind == FOLDER:
            safety.refuse_unsafe_place(root, now)
        elif absolute(act.root, parent(act.path)) not in context.paths.directories:
            raise LeftAlone(parent(act.path), "is no longer a directory")
    before = (now, above)

    def do() -> Places:
        with top(act.root, context.paths) as descriptor:
            made = writer.make_directory(descriptor, act.path, act.uid, act.gid, act.mode)
            return ((act.root, (made, look(descriptor, above.path, TIMES))),)

    return PreparedAction(((act.root, before),), do)
