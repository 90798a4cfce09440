"""What liveproof keeps, read for the screen: the chain of every app by its last whole check, and the open alerts."""

import os

from liveproof import steps
from liveproof.model.alerts import Alert
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination
from liveproof.store.alerts.book import AlertBook
from liveproof.store.directory import directory
from liveproof.store.history import History, NoSuchRun
from liveproof.store.sqlite import StoreFailed

_RUNS = 50
_LOADED = 8
FILES = ("history.db", "alerts.db")


@dataclass(frozen=True, slots=True)
class Chain:
    """An app as its last whole check found it, and when that was (epoch seconds)."""

    app: AppExamination
    at: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The chains in the order of their paths, the open alerts (None: no book is kept), and what could not be read."""

    chains: tuple[Chain, ...] = ()
    alerts: tuple[Alert, ...] | None = None
    why: str = ""
    reason: str = ""


def read(path: str = "") -> Kept:
    """What is kept, of all apps or of the one at ``path``. Never raises; takes some ten milliseconds."""
    steps.load()
    troubles: list[str] = []
    chains, reason = _chains(path, troubles)
    alerts: tuple[Alert, ...] | None = None
    try:
        if os.path.exists(f"{directory()}/alerts.db"):
            found = AlertBook().open_alerts()
            alerts = tuple(
                alert for alert in found if not path or not alert.problem.app or _same(alert.problem.app, path)
            )
    except StoreFailed as error:
        troubles.append(str(error))
    return Kept(chains, alerts, "; ".join(dict.fromkeys(troubles)), reason)


def _chains(path: str, troubles: list[str]) -> tuple[tuple[Chain, ...], str]:
    """By the newest whole run of each app that is still there, and why the newest run found none."""
    found: dict[str, Chain] = {}
    reason, loaded = "", 0
    history = History()
    try:
        runs = history.runs(_RUNS)
    except StoreFailed as error:
        troubles.append(str(error))
        return (), ""
    for number, run in enumerate(runs):
        wanted = {
            app for app in run.apps if app not in found and os.path.lexists(app) and (not path or _same(app, path))
        }
        if not (wanted or (number == 0 and not run.apps)) or loaded == _LOADED:
            continue
        loaded += 1
        try:
            examination = history.load(run.id).examination
        except (StoreFailed, NoSuchRun) as error:
            troubles.append(str(error))
            continue
        if number == 0 and not run.apps:
            reason = examination.reason
        found |= {app.app.path: Chain(app, examination.started) for app in examination.apps if app.app.path in wanted}
    return tuple(found[name] for name in sorted(found)), reason


def _same(app: str, path: str) -> bool:
    return os.path.realpath(app) == os.path.realpath(path)
