"""Install the watcher's service, completions, man pages and a configuration with comments.

Shows every file that it writes and what it runs. A file that somebody has changed since is kept, and the new one laid
beside it. Run it again after an upgrade. Nothing is started unless --enable is given. Where liveproof came as a
package, all this is there already, and only what options ask for is done.

Examples:
  liveproof install --dry-run
  liveproof install --enable            # the watcher runs now, and after each start of the host
  liveproof install --enable timer      # no process that stays: what is due, every 5 minutes
  liveproof install --cron              # the same on a host without systemd

Exit status:
  0 installed   1 not all could be done   2 usage error, or this liveproof cannot be run by a service
  4 a fix or another installation is at work   70 our bug
"""

import argparse
import os
from collections.abc import Sequence

from liveproof import __version__, rules
from liveproof.cli.command_tree import command_tree
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, INTERRUPTED, OK, REFUSED
from liveproof.cli.installing import change_lines, refuse_unless_root, run_lines, systemctl_called
from liveproof.cli.options import Options
from liveproof.cli.session import load_settings
from liveproof.install import changes, manifest, systemctl
from liveproof.install.file import File
from liveproof.install.installation import Stopped, carry_out
from liveproof.install.packaged import is_packaged, place
from liveproof.install.program import NotUsable, program
from liveproof.install.services import TIMER, WATCHER
from liveproof.install.wanted import wanted
from liveproof.report.style.lines import line
from liveproof.store.directory import UnsafeState, unusable
from liveproof.store.lock import Held, Lock

HELP_ORDER = 7.5
CHANGES_HOST = True
_UNITS = {"watch": WATCHER, "timer": TIMER}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``install``."""
    parser.add_argument("--dry-run", action="store_true", help="show what would be done and change nothing")
    parser.add_argument(
        "--enable",
        choices=_UNITS,
        nargs="?",
        const="watch",
        default="",
        help="start it now and with the host: the watcher (watch, the default), or the timer",
    )
    parser.add_argument("--heal", action="store_true", help="let the watcher fix what [watch] heal names")
    parser.add_argument("--cron", action="store_true", help="a table for cron instead of units of systemd")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show, write, run.

    Raises:
        UsageError: it cannot be installed so.
    """
    refuse_unless_root("install")
    _refuse(arguments)
    started = _program()
    packaged = is_packaged(started)
    files = _wanted(started, cron=arguments.cron, heal=arguments.heal)
    if packaged:
        files = [file for file in files if place(file.path) is None]
    try:
        if arguments.dry_run:
            return _install(files, arguments, console, packaged=packaged)
        with Lock():
            return _install(files, arguments, console, packaged=packaged)
    except KeyboardInterrupt:
        console.message("interrupted: run `liveproof install` again, or `liveproof uninstall`")
        return INTERRUPTED
    except Held as error:
        console.message(str(error))
        return REFUSED
    except Stopped as error:
        console.message(f"not all is installed: {error}\nrun `liveproof install` again when that is put right")
        return BROKEN
    except (OSError, UnsafeState) as error:
        raise UsageError(unusable(error)) from None


def _refuse(arguments: argparse.Namespace) -> None:
    if arguments.cron and arguments.enable:
        raise UsageError("cron starts what it finds in its table: --cron needs no --enable")
    if not arguments.cron and not systemctl.runs():
        raise UsageError("systemd does not run on this host: add --cron, for a table for cron")
    if arguments.cron and not os.path.isdir("/etc/cron.d"):
        raise UsageError("there is no /etc/cron.d on this host: install cron first")
    if arguments.heal and not load_settings(Options()).watch.heal:
        raise UsageError(
            '--heal needs [watch] heal = ["FPM001"] in the configuration: what may be fixed without asking'
        )
    if arguments.enable:
        load_settings(Options())  # what is wrong in it is told here, and not only by a service that does not start


def _program() -> tuple[str, ...]:
    try:
        return program()
    except NotUsable as error:
        raise UsageError(str(error)) from None


def _wanted(started: Sequence[str], *, cron: bool, heal: bool) -> Sequence[File]:
    state = os.environ.get("LIVEPROOF_STATE")
    environment = {"LIVEPROOF_STATE": os.path.abspath(state)} if state else {}
    try:
        codes = [rule.code for rule in rules.load()]
        return wanted(started, environment, command_tree(), codes, cron=cron, heal=heal)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _install(files: Sequence[File], arguments: argparse.Namespace, console: Console, *, packaged: bool) -> int:
    try:
        known = manifest.load()
    except manifest.Damaged as error:
        raise UsageError(str(error)) from None
    done = changes.install(files, known)
    with_systemd = systemctl.runs()
    before = systemctl.before(done, [file.path for file in files]) if with_systemd else ()
    enable = _UNITS.get(arguments.enable, "")
    after = systemctl.after(done, known, __version__, enable, packaged=packaged) if with_systemd else ()
    if packaged:
        console.lines([line(("units, completions, man pages and the configuration came with the package", "dim"))])
    console.lines((*change_lines(done), *run_lines((*before, *after))))
    if arguments.dry_run:
        console.lines([line("nothing was changed (--dry-run)")])
        return OK
    failed = systemctl_called(before, console)
    carry_out(done, known, __version__)
    failed |= systemctl_called(after, console)
    if not failed and not arguments.enable and not arguments.cron and not known.files:
        console.lines(
            [line("next  ", ("liveproof install --enable", "command"), "  starts the watcher, now and with the host")]
        )
    return BROKEN if failed else OK
