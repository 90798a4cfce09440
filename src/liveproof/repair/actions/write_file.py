"""Replace the content of a configuration file."""

import os
from dataclasses import replace

from liveproof.host.files import trusted
from liveproof.host.files.snapshot import TIMES, look
from liveproof.host.write import safety, service_control, writer
from liveproof.host.write.safety import LeftAlone
from liveproof.model.hashing import sha256
from liveproof.repair.action import PreparedAction, StepContext, action, again, whole
from liveproof.repair.allowed_paths import Refused, top
from liveproof.repair.undo_step import Places
from liveproof.steps.write_file import WriteFile

_LIMIT = 8 * 1024 * 1024  # bytes of a configuration file


@action(WriteFile)
def write_file(act: WriteFile, context: StepContext) -> PreparedAction:
    """A configuration file of root's gets another content, which a test of its program then judges.

    Raises:
        Refused: no service reads it, somebody else could have written it, or the plan was made from another content.
        LeftAlone: it is not safe to replace.
    """
    if os.path.realpath(act.path) not in context.paths.configuration:
        raise Refused(f"{act.path} is not written: neither the running nginx nor PHP-FPM reads it")
    try:
        content, _ = trusted.read(act.path, limit=_LIMIT, owner=os.geteuid())
    except trusted.Untrusted as error:
        raise Refused(f"{act.path} is not written: {error}") from None
    except OSError as error:
        raise LeftAlone(act.path, f"cannot be read: {safety.why(error)}") from None
    if sha256(content) != act.old_sha256:
        raise LeftAlone(act.path, "has another content by now")
    folder, _, name = os.path.realpath(act.path).rpartition("/")
    with top(folder or "/", None) as root:
        image = whole(root, name, context.keeper)
        safety.refuse_unsafe_place(root, image)
        before = (image, look(root, ".", TIMES))
    wanted = replace(image, mtime=0, atime=0)
    new = act.content.encode(errors="surrogateescape")

    def do() -> Places:
        with top(folder or "/", None) as descriptor:
            writer.put_file(descriptor, image, wanted, (new,), context.temporary)
            return ((folder or "/", again(descriptor, before)),)

    return PreparedAction(((folder or "/", before),), do, verify=lambda: service_control.test(act.test))
