"""The command line: from argv to an exit status. It imports all; nothing imports it.

The command and what it needs are imported inside ``_run``: a Ctrl-C in the first milliseconds, while modules are still
being loaded, is answered like any other. What only an interrupt, a hang or a bug needs is in ``unexpected``.
"""

import gc
import signal
import sys

from liveproof.cli.exit_status import BUG, INTERRUPTED
from liveproof.host.process.watchdog import watched

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
    return watched(lambda: _run(sys.argv[1:]), _hung)


def _run(words: list[str]) -> int:
    try:
        from liveproof.cli.dispatch import run_command  # noqa: PLC0415  (see above)

        return run_command(words)
    except KeyboardInterrupt:
        return _interrupted(words)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is our bug, and the person gets a sentence)
        from liveproof.cli import unexpected  # noqa: PLC0415  (see above)

        unexpected.show(unexpected.bug(error, words))
        return BUG


def _interrupted(words: list[str]) -> int:
    # Who presses Ctrl-C twice, or timeout(1), which signals the process and its group, must not break off the answer.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        from liveproof.cli import unexpected  # noqa: PLC0415  (see above)

        unexpected.show(unexpected.interrupted(words))
    finally:
        signal.signal(signal.SIGINT, before)
    return INTERRUPTED


def _hung(what: str) -> int:
    from liveproof.cli import unexpected  # noqa: PLC0415  (see above)

    return unexpected.report_hang(sys.argv[1:], what, _run)
