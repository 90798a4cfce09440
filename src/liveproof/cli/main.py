"""The command line: from the words of a person to an exit status. It imports all; nothing imports it.

Exit status: 0 proven, 1 broken, 2 usage or configuration error, 3 unproven, 4 refused, 70 our bug, 130 interrupted.

Everything is imported inside ``main``: a Ctrl-C in the first milliseconds is answered like any other.
"""

import sys

USAGE, UNPROVEN, OUR_BUG, INTERRUPTED = 2, 3, 70, 130
_MOUNT_SECONDS, _TELL_SECONDS = 0.4, 1.5


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status. Never raises, never shows a traceback."""
    if arguments is not None:
        return _main(arguments)
    from liveproof.host.process.watchdog import watched  # noqa: PLC0415

    return watched(lambda: _main(sys.argv[1:]), lambda what: _hung(sys.argv[1:], what))


def _main(words: list[str]) -> int:
    try:
        return _run(words)
    except KeyboardInterrupt:
        _tell(_interrupted(words))
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  (whatever it is, it is our bug, and the person gets a sentence)
        _tell(_our_bug(error, words))
        return OUR_BUG


def _run(words: list[str]) -> int:
    from liveproof.cli.check import Wrong, check  # noqa: PLC0415
    from liveproof.cli.console import Console  # noqa: PLC0415
    from liveproof.cli.options import plain_check  # noqa: PLC0415
    from liveproof.cli.output import CannotWrite  # noqa: PLC0415
    from liveproof.config import ConfigError  # noqa: PLC0415

    console = Console()
    try:
        asked = plain_check(words)
        if asked is not None:
            return check(asked, console)
        from liveproof.cli.commands import run  # noqa: PLC0415  (imports click)

        return run(words, console)
    except (Wrong, ConfigError, CannotWrite) as error:
        console.tell(str(error))
        return USAGE


def _hung(words: list[str], what: str) -> int:
    """A look did not end and was killed: tell so in the form that was asked for; unproven, status 3."""
    from liveproof.cli import check as looking  # noqa: PLC0415
    from liveproof.host.child_process import Lost, forked  # noqa: PLC0415
    from liveproof.host.files.mounts import silent  # noqa: PLC0415

    silent_mounts = ", ".join(silent(_MOUNT_SECONDS))
    who = f"the server of {silent_mounts} does not answer" if silent_mounts else "something does not answer"
    looking.hung = (
        f"the look at {what or 'the host'} did not end and was killed: {who}; get it to answer, or unmount it"
    )
    if words[:1] in (["fix"], ["rollback"]):
        _tell(f"{looking.hung}\n{_interrupted(words)}")
        return UNPROVEN
    try:
        status: int = forked(lambda: _main(words), _TELL_SECONDS)
    except (Lost, OSError):
        _tell(looking.hung)
        return UNPROVEN
    return status


def _tell(message: str) -> None:
    from liveproof.cli.console import Console  # noqa: PLC0415

    Console(progressing=True).tell(message)


def _interrupted(words: list[str]) -> str:
    if words[:1] in (["fix"], ["rollback"]):
        from liveproof.store.runs import pending  # noqa: PLC0415

        try:
            left = ", ".join(run.id for run in pending())
        except OSError:
            left = ""
        if left:
            return f"interrupted in run {left}; `liveproof rollback` takes back what it had begun"
    return "interrupted; nothing was changed"


def _our_bug(error: Exception, words: list[str]) -> str:
    from liveproof.cli.console import crash_note  # noqa: PLC0415
    from liveproof.model.secrets import hide  # noqa: PLC0415

    note = crash_note(error, words)
    where = f"the details are in {note}" if note else "the details could not be written down"
    changing = words[:1] in (["fix"], ["rollback"])
    after = "if a fix had begun, `liveproof rollback` takes it back" if changing else "nothing was changed on this host"
    return (
        f"this is a bug of liveproof ({type(error).__name__}: {hide(str(error))}); {after}\n"
        f"{where}; please send them with the report"
    )
