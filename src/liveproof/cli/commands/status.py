"""Show what runs here: apps, PHP, OPcache, caches, workers, the last check.

One block for each app, or that in PATH: how it is deployed, its PHP-FPM pools, OPcache, Laravel with its caches, queue
workers and other lasting PHP processes, the last check and the last fix. Nothing is judged or changed, and the app gets
no request; `liveproof check` judges.

Examples:
  liveproof status
  liveproof status /var/www/api-gateway --format json

Exit status:
  0 shown   2 usage or configuration error, no such app   3 no app was found
"""

import argparse
import os
import time
from dataclasses import replace

from liveproof import __version__
from liveproof.cli import session
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import OK, UNPROVEN
from liveproof.cli.options import Options, add_config_argument, add_text_or_json_argument
from liveproof.cli.session import open_history, prepare, ready_probe
from liveproof.examine import discover
from liveproof.host.deadline import TimeIsUp, alarmed, disarm, within
from liveproof.host.errors import CannotSee
from liveproof.host.git.plumbing import GitFailed, repository
from liveproof.host.process import watchdog
from liveproof.host.reader import Reader
from liveproof.model.codec import to_json
from liveproof.model.facts.apps import App
from liveproof.model.facts.laravel import Laravel
from liveproof.model.secrets import hide, hide_all
from liveproof.report.formats.json import clean, dumps
from liveproof.report.status.seen import (
    FACTS,
    AppStatus,
    Facts,
    HalfDone,
    HostStatus,
    KeptRun,
    app_status,
    watcher_seen,
)
from liveproof.report.status.text import status_lines
from liveproof.store.history import History, NoSuchRun
from liveproof.store.runs import Run, list_runs, pending
from liveproof.store.sqlite import StoreFailed

HELP_ORDER = 4.5
SCHEMA = "liveproof-status/1"
_RUNS = 200  # runs that are looked through for the last one of each app
_SECONDS = 3.0  # for what no probe looks at, of each app


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``status``."""
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default="", help="the app's directory (default: every app that nginx serves)"
    )
    add_text_or_json_argument(parser)
    add_config_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Look, and show it.

    Raises:
        UsageError: the configuration is wrong, or the path is no app.
    """
    settings, cache = prepare(Options.from_arguments(arguments))
    settings = replace(settings, requests=False, recompute=False)
    at, root, reader = time.time(), os.geteuid() == 0, Reader()
    half_done = tuple(HalfDone(run.id, run.app, run.started, len(run.steps)) for run in pending())
    status = HostStatus(at, os.uname().nodename, root, (), session.hang_reason, half_done=half_done)
    if not status.reason:
        ready_probe()
        apps, found = discover(reader, settings, cache, FACTS)
        if apps.refused:
            raise UsageError(apps.refused)
        kept = _Kept()
        shown = tuple(_status(reader, app, facts, kept) for app, facts in found)
        watcher = watcher_seen(facts for _, facts in found)
        status = replace(status, apps=shown, reason=apps.reason, watcher=watcher, history_why=kept.why)
    if arguments.format == "json":
        document = {"schema": SCHEMA, "liveproof": __version__, **to_json(status)}
        console.text(dumps(clean(hide_all(document))))
    else:
        console.lines(status_lines(status))
    return OK if status.apps else UNPROVEN


def _status(reader: Reader, app: App, facts: Facts, kept: "_Kept") -> AppStatus:
    laravel = facts.get(Laravel)
    compiled = app.below(laravel.compiled) if isinstance(laravel, Laravel) and laravel.compiled else ""
    return app_status(app, facts, _git(app), _views(reader, compiled), (kept.check(app.path), kept.fix(app.path)))


def _git(app: App) -> tuple[str, str, str]:
    """Commit and branch of the app's own repository, and why they were not seen."""
    try:
        with watchdog.looking(_SECONDS), within(_SECONDS), alarmed():
            found = repository(app.real)
            return (found.head(), found.branch(), "") if found else ("", "", "")
    except TimeIsUp:
        disarm()
        return "", "", "git did not answer in time"
    except GitFailed as error:
        return "", "", hide(str(error))
    except OSError as error:
        return "", "", hide(f"{error.filename or 'its git directory'}: {error.strerror or error}")


def _views(reader: Reader, compiled: str) -> float:
    """When a compiled view was last put into its directory, or taken out of it; 0 where there is none."""
    try:
        with watchdog.looking(_SECONDS), within(_SECONDS), alarmed():
            status = reader.stat(compiled) if compiled else None
            kept = status and any(name.endswith(".php") for name in reader.list(compiled))
            return status.mtime_ns / 1e9 if status and kept else 0.0
    except TimeIsUp:
        disarm()
        return 0.0
    except (OSError, CannotSee):
        return 0.0


class _Kept:
    """The last check and fix of each app, as the history and the journals of fixes have them."""

    def __init__(self) -> None:
        self.why = ""
        self._history: History = open_history()
        self._journals = list_runs()
        try:
            self._runs = self._history.runs(_RUNS)
        except StoreFailed as error:
            self._runs, self.why = (), str(error)

    def check(self, app: str) -> KeptRun | None:
        """The newest run that examined the whole app, a check or the examination after a fix."""
        newest = next((run for run in self._runs if app in run.apps), None)
        if newest is None:
            return None
        return self._told(KeptRun(newest.id, newest.started, newest.verdict), app)

    def fix(self, app: str) -> KeptRun | None:
        """The newest fix that began to change something, with what became of it since."""
        journal: Run | None = next((run for run in self._journals if run.app == app), None)
        if journal is None:
            return None
        return self._told(KeptRun(journal.id, journal.started, "", journal.state, len(journal.steps)), app)

    def _told(self, kept: KeptRun, app: str) -> KeptRun:
        """The same with what the run itself says of this app, where it can be read."""
        try:
            record = self._history.load(kept.run)
        except (StoreFailed, NoSuchRun):
            return kept
        found = next((each for each in record.examination.apps if each.app.path == app), None)
        return replace(kept, verdict=found.verdict.value, compared=found.release_compared) if found else kept
