"""Restart a program of supervisord's, and see that it runs."""

import os

from liveproof.host.write.service_control import restart_program as control
from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.repair.allowed_paths import Refused
from liveproof.repair.undo_step import Places
from liveproof.steps.restart_program import RestartProgram


@action(RestartProgram)
def restart_program(act: RestartProgram, _context: StepContext) -> PreparedAction:
    """The program is stopped by its own stopsignal and started again.

    Raises:
        Refused: supervisorctl cannot be run.
    """
    for path in (act.control, act.config):
        if not path.startswith("/") or not _roots_own(path):
            raise Refused(f"{path} is not there, or others than root may write it: supervisorctl is not run")
    if act.program.startswith("-"):
        raise Refused(f"{act.program} is not a program name")

    def run() -> Places:
        control(act.control, act.config, act.program)
        return ()

    return PreparedAction((), run)


def _roots_own(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    return status.st_uid == 0 and not status.st_mode & 0o022
