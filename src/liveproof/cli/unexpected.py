"""What a person is told when a command was interrupted, hung, or met a bug of ours."""

from collections.abc import Callable

from liveproof.cli.console import Console
from liveproof.cli.exit_status import UNPROVEN
from liveproof.cli.registry import find
from liveproof.host.child_process import Lost, forked
from liveproof.host.files.mounts import silent
from liveproof.model.secrets import hide
from liveproof.store.crash_notes import write_crash_note
from liveproof.store.runs import pending

_MOUNT_SECONDS, _REPORT_SECONDS = 0.4, 1.5


def report_hang(words: list[str], what: str, run: Callable[[list[str]], int]) -> int:
    """An examination did not end and was killed: report it in the format that was asked for; unproven, status 3."""
    from liveproof.cli import session  # noqa: PLC0415  (with it all that examines; an interrupt must not wait for that)

    silent_mounts = ", ".join(silent(_MOUNT_SECONDS))
    who = f"the server of {silent_mounts} does not answer" if silent_mounts else "something does not answer"
    session.hang_reason = (
        f"the look at {what or 'the host'} did not end and was killed: {who}; get it to answer, or unmount it"
    )
    if _changes_host(words):
        show(f"{session.hang_reason}\n{interrupted(words)}")
        return UNPROVEN
    try:
        status: int = forked(lambda: run(words), _REPORT_SECONDS)
    except (Lost, OSError):
        show(session.hang_reason)
        return UNPROVEN
    return status


def show(message: str) -> None:
    """A message on standard error, in the place of a progress line."""
    Console(progressing=True).message(message)


def _changes_host(words: list[str]) -> bool:
    """Whether the words call a command that may change the host; also true where that cannot be said."""
    try:
        return find(words).changes_host
    except Exception:  # noqa: BLE001  (the bug that is being reported may be here)
        return True


def interrupted(words: list[str]) -> str:
    """What an interrupt left behind."""
    if _changes_host(words):
        try:
            left = ", ".join(run.id for run in pending())
        except OSError:
            left = ""
        if left:
            return f"interrupted in run {left}; `liveproof rollback` rolls back what it had started"
    return "interrupted; nothing was changed"


def bug(error: Exception, words: list[str]) -> str:
    """What went wrong, and where it was written down."""
    note = write_crash_note(error, words)
    where = f"the details are in {note}" if note else "the details could not be written down"
    undo = "if a fix had started, `liveproof rollback` rolls it back"
    after = undo if _changes_host(words) else "nothing was changed on this host"
    return (
        f"this is a bug of liveproof ({type(error).__name__}: {hide(str(error))}); {after}\n"
        f"{where}; please send them with the report"
    )
