"""Remove what `liveproof install` wrote.

Stops the watcher, and removes exactly what `liveproof install` wrote and nobody has changed since. The configuration
and what liveproof remembers stay, unless --purge is given. liveproof itself is removed by what installed it.

Examples:
  liveproof uninstall --dry-run
  liveproof uninstall
  liveproof uninstall --purge

Exit status:
  0 removed   1 not all could be done   2 usage error   4 a fix or a watcher is at work   70 our bug
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, INTERRUPTED, OK, REFUSED
from liveproof.cli.installing import change_lines, refuse_unless_root, run_lines, systemctl_called
from liveproof.install import changes, config_file, manifest, systemctl, writing
from liveproof.install.changes import Change, Kind
from liveproof.install.installation import Stopped, carry_out, forget
from liveproof.install.packaged import PROGRAM, is_packaged
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import Line, line
from liveproof.store import directory
from liveproof.store.directory import UnsafeState, unusable
from liveproof.store.lock import WATCH, Held, Lock
from liveproof.store.runs import pending

HELP_ORDER = 7.6
CHANGES_HOST = True
_STATE = "/var/lib/liveproof"
_CONFIG = os.path.dirname(config_file.PATH)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``uninstall``."""
    parser.add_argument("--dry-run", action="store_true", help="show what would be done and change nothing")
    parser.add_argument(
        "--purge", action="store_true", help="also remove the configuration, the history, and what can be rolled back"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Stop, remove, tell what stays.

    Raises:
        UsageError: it cannot be removed so.
    """
    refuse_unless_root("uninstall")
    try:
        if arguments.dry_run or not os.path.isdir(directory.directory()):
            return _uninstall(arguments, console)
        with Lock():
            return _uninstall(arguments, console)
    except KeyboardInterrupt:
        console.message("interrupted: run `liveproof uninstall` again to remove the rest")
        return INTERRUPTED
    except Held as error:
        console.message(str(error))
        return REFUSED
    except Stopped as error:
        console.message(f"not all is removed: {error}\nrun `liveproof uninstall` again when that is put right")
        return BROKEN
    except (OSError, UnsafeState) as error:
        raise UsageError(unusable(error)) from None


def _uninstall(arguments: argparse.Namespace, console: Console) -> int:
    dry, purge = arguments.dry_run, arguments.purge
    try:
        known = manifest.load()
    except manifest.Damaged as error:
        raise UsageError(str(error)) from None
    packaged = is_packaged((os.path.realpath(sys.argv[0]),))
    if purge:
        _refuse_purge(packaged=packaged)
    done = [_kept_or_purged(change, purge=purge) for change in changes.uninstall(known)]
    if purge and not any(change.path == config_file.PATH for change in done) and writing.standing(config_file.PATH):
        done.append(Change(Kind.REMOVED, config_file.PATH))
    with_systemd = systemctl.runs()
    before = systemctl.before(done) if with_systemd else ()
    after = systemctl.after(done, known, __version__, "", packaged=packaged) if with_systemd else ()
    if not done:
        console.lines([line("nothing of `liveproof install` is on this host")])
    console.lines((*change_lines(done), *run_lines((*before, *after)), *_state_lines(purge=purge)))
    failed = False
    if dry:
        console.lines([line("nothing was changed (--dry-run)")])
    else:
        failed = systemctl_called(before, console)
        carry_out(done, known, __version__)
        forget()
        failed |= systemctl_called(after, console)
        from liveproof.host.write.php_probe import take_away  # noqa: PLC0415  (only what writes imports the door)

        take_away()
        if purge:
            _purge_state()
            if not writing.remove_directory(_CONFIG):
                console.lines([line(f"{_CONFIG} stays: it holds files that liveproof did not write")])
    return BROKEN if failed else OK


def _kept_or_purged(change: Change, *, purge: bool) -> Change:
    """The configuration stays unless everything goes, and goes then even if it was changed."""
    if change.path != config_file.PATH:
        return change
    if purge:
        return Change(Kind.REMOVED, change.path)
    return Change(Kind.KEPT, change.path, "the configuration; --purge removes it", None, change.digests)


def _refuse_purge(*, packaged: bool) -> None:
    if packaged:
        raise UsageError(f"{PROGRAM} came as a package: `apt purge liveproof` removes it and all that it keeps")
    state = directory.directory()
    if state != _STATE:
        raise UsageError(
            f"LIVEPROOF_STATE names {state}, which may hold other things too: remove it by hand, and uninstall without "
            "--purge"
        )
    left = ", ".join(run.id for run in pending())
    if left:
        raise UsageError(f"run {left} was cut off, and could not be rolled back any more: `liveproof rollback` first")


def _purge_state() -> None:
    """Remove what liveproof keeps; not while a watcher that somebody started by hand still uses it."""
    if os.path.isdir(_STATE) and not os.path.islink(_STATE):
        with Lock(WATCH):
            shutil.rmtree(_STATE)


def _state_lines(*, purge: bool) -> Iterator[Line]:
    state = directory.directory()
    if os.path.isdir(state):
        word, style, why = (
            ("remove", "head", "history and what it remembers")
            if purge
            else ("keep", "unsure", "runs that can be rolled back, history; --purge removes it")
        )
        yield line((f"{word:<9}", style), f"      {visible(state)}", (f"  {why}", "dim"))
