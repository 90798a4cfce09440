"""Let PHP-FPM compile named files again, without a reload."""

import os

from liveproof.host.write import opcache
from liveproof.host.write.opcache import NotInvalidated
from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.repair.allowed_paths import Refused
from liveproof.repair.invalidation import await_idle, drop, same_master
from liveproof.repair.undo_step import Places
from liveproof.steps.invalidate_scripts import MOST_SCRIPTS, InvalidateScripts


@action(InvalidateScripts)
def invalidate_scripts(act: InvalidateScripts, context: StepContext) -> PreparedAction:
    """PHP drops some scripts from its memory and compiles their files when they are next asked for.

    Raises:
        Refused: the master or its cache is another one than was seen, a path leads through a link or to no file, or PHP
            says that it could not do it.
    """
    if not 0 < len(act.scripts) <= MOST_SCRIPTS:
        raise Refused(f"{len(act.scripts)} scripts are not compiled again without a reload: at most {MOST_SCRIPTS} are")
    for path in act.scripts:
        if os.path.realpath(path) != path or not os.path.isfile(path):
            raise Refused(f"{path} is not the real path of a file: only a reload lets PHP-FPM compile it again safely")
    if not same_master(act):
        raise Refused(f"the PHP-FPM master {act.pid} of pool {act.pool} is no longer the process that was seen")
    try:
        opcache.ask(act.address, act.scripts, act.generation)
    except NotInvalidated as error:
        raise Refused(f"PHP-FPM pool {act.pool} cannot drop scripts from its memory: {error}") from None

    def run() -> Places:
        drop(act, context.stopped)
        return ()

    return PreparedAction((), run, ready=lambda: await_idle(act, context.stopped), invalidates=act)
