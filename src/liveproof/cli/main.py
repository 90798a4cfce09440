"""The command line: from argv to an exit status. It imports all; nothing imports it.

The command and what it needs are imported inside ``_run``: a Ctrl-C in the first milliseconds, while modules are still
being loaded, is answered like any other. What only an interrupt, a hang or a bug needs is imported where it is needed.
"""

import gc
import sys

from liveproof.cli.exit_status import BUG, INTERRUPTED, UNPROVEN
from liveproof.host.process.watchdog import watched

_MOUNT_SECONDS, _REPORT_SECONDS = 0.4, 1.5
# These stay. systemd is told by the very process that it started (sd_notify(3)), a screen belongs to one process, and
# what samples forever has time limits of its own, with a reader that notices its silence.
_STAYING = ("watch", "sample", "top")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status. Never raises, never shows a traceback."""
    if arguments is not None:
        return _run(arguments)
    if sys.argv[1:2] and sys.argv[1] in _STAYING:
        return _run(sys.argv[1:])
    gc.disable()  # a command ends soon; looking for garbage while modules are loaded takes a tenth of its start
    return watched(lambda: _run(sys.argv[1:]), lambda what: _report_hang(sys.argv[1:], what))


def _run(words: list[str]) -> int:
    try:
        from liveproof.cli.dispatch import run_command  # noqa: PLC0415  (see above)

        return run_command(words)
    except KeyboardInterrupt:
        _message(_interrupted(words))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  (whatever it is, it is our bug, and the person gets a sentence)
        _message(_bug(error, words))
        return BUG


def _report_hang(words: list[str], what: str) -> int:
    """An examination did not end and was killed: report it in the format that was asked for; unproven, status 3."""
    from liveproof.cli import session  # noqa: PLC0415  (only after a hang)
    from liveproof.host.child_process import Lost, forked  # noqa: PLC0415  (only after a hang)
    from liveproof.host.files.mounts import silent  # noqa: PLC0415  (only after a hang)

    silent_mounts = ", ".join(silent(_MOUNT_SECONDS))
    who = f"the server of {silent_mounts} does not answer" if silent_mounts else "something does not answer"
    session.hang_reason = (
        f"the look at {what or 'the host'} did not end and was killed: {who}; get it to answer, or unmount it"
    )
    if _changes_host(words):
        _message(f"{session.hang_reason}\n{_interrupted(words)}")
        return UNPROVEN
    try:
        status: int = forked(lambda: _run(words), _REPORT_SECONDS)
    except (Lost, OSError):
        _message(session.hang_reason)
        return UNPROVEN
    return status


def _message(message: str) -> None:
    from liveproof.cli.console import Console  # noqa: PLC0415  (see above)

    Console(progressing=True).message(message)


def _changes_host(words: list[str]) -> bool:
    """Whether the words call a command that may change the host; also true where that cannot be said."""
    try:
        from liveproof.cli.registry import find  # noqa: PLC0415  (see above)

        return find(words).changes_host
    except Exception:  # noqa: BLE001  (the bug that is being reported may be here)
        return True


def _interrupted(words: list[str]) -> str:
    if _changes_host(words):
        from liveproof.store.runs import pending  # noqa: PLC0415  (only after an interrupt)

        try:
            left = ", ".join(run.id for run in pending())
        except OSError:
            left = ""
        if left:
            return f"interrupted in run {left}; `liveproof rollback` rolls back what it had started"
    return "interrupted; nothing was changed"


def _bug(error: Exception, words: list[str]) -> str:
    from liveproof.model.secrets import hide  # noqa: PLC0415  (only for a bug)
    from liveproof.store.crash_notes import write_crash_note  # noqa: PLC0415  (only for a bug)

    note = write_crash_note(error, words)
    where = f"the details are in {note}" if note else "the details could not be written down"
    undo = "if a fix had started, `liveproof rollback` rolls it back"
    after = undo if _changes_host(words) else "nothing was changed on this host"
    return (
        f"this is a bug of liveproof ({type(error).__name__}: {hide(str(error))}); {after}\n"
        f"{where}; please send them with the report"
    )
