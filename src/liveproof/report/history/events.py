"""What happened, in the order of time: runs with what changed from the one before, alerts, deploys. Pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import field, replace
from typing import Literal

from liveproof.model.alerts import Alert, covers
from liveproof.model.dataclass import dataclass
from liveproof.model.history import AnnouncedDeploy, AppSummary, FixJournal, RunSummary, SeenFinding
from liveproof.model.verdicts import LinkVerdict

Word = Literal["link", "came", "gone"]


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is known of the time that is asked for: ``before`` tells how things stood at its beginning."""

    since: float
    until: float
    before: tuple[RunSummary, ...] = ()
    runs: tuple[RunSummary, ...] = ()
    alerts: tuple[Alert, ...] = ()
    journals: tuple[FixJournal, ...] = ()
    deploys: tuple[AnnouncedDeploy, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: codes or families, and an app; empty for all."""

    codes: tuple[str, ...] = ()
    app: str = ""

    def code(self, code: str) -> bool:
        """Whether this code is."""
        return not self.codes or any(covers(named, code) for named in self.codes)

    def path(self, path: str) -> bool:
        """Whether this app is; what concerns the whole host has no path and always is."""
        return not self.app or path in ("", self.app)


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from what was known before of one app.

    ``link``: a ``link`` is ``now`` what it ``was`` not (``was`` is empty where nothing was known). ``came``, ``gone``:
    a ``finding``.
    """

    word: Word
    app: str
    link: str = ""
    was: str = ""
    now: str = ""
    finding: SeenFinding = SeenFinding("", "", "", "")


@dataclass(frozen=True, slots=True)
class RunEvent:
    """A run: ``state`` is what its journal says of it by now, where it has one."""

    at: float
    run: RunSummary
    changes: tuple[Change, ...] = ()
    state: str = ""
    first: bool = False

    @property
    def quiet(self) -> bool:
        """Whether it says nothing that was not known before."""
        return self.run.kind in ("check", "part") and not self.changes and not self.first


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An alert that was raised or resolved at this moment."""

    at: float
    alert: Alert
    resolved: bool


@dataclass(frozen=True, slots=True)
class DeployEvent:
    """An announced deploy that began, ended, or did not end in its time (``late``)."""

    at: float
    deploy: AnnouncedDeploy
    what: Literal["began", "ended", "late"]


@dataclass(frozen=True, slots=True)
class QuietEvent:
    """Runs in a row that changed nothing, from ``at`` to ``until``: whole ``checks`` and ``narrow`` ones."""

    at: float
    until: float
    checks: int
    narrow: int
    verdict: str = ""


Event = RunEvent | AlertEvent | DeployEvent | QuietEvent


@dataclass(slots=True)
class _Known:
    """What is known of an app at one moment."""

    links: dict[str, str] = field(default_factory=dict)
    found: dict[str, SeenFinding] = field(default_factory=dict)
    whole: bool = False


def events(kept: Kept, wanted: Wanted) -> tuple[Event, ...]:
    """Everything that was asked for, the oldest first, with every run, whether or not it changed something."""
    found: list[Event] = [*_runs(kept, wanted), *_alerts(kept, wanted)]
    if not wanted.codes:
        found += _deploys(kept)
    return tuple(sorted(found, key=lambda event: event.at))


def folded(found: Iterable[Event]) -> Iterator[Event]:
    """The same with what changed nothing in one event, for people."""
    quiet: QuietEvent | None = None
    for event in found:
        one = event if isinstance(event, QuietEvent) else _quiet(event)
        if one is None:
            if quiet:
                yield quiet
            quiet = None
            yield event
        elif quiet is None:
            quiet = one
        else:
            quiet = QuietEvent(
                quiet.at, max(quiet.until, one.until), quiet.checks + one.checks, quiet.narrow + one.narrow,
                one.verdict or quiet.verdict,
            )  # fmt: skip
    if quiet:
        yield quiet


def _quiet(event: Event) -> QuietEvent | None:
    if not isinstance(event, RunEvent) or not event.quiet:
        return None
    part = event.run.part
    return QuietEvent(event.at, event.at, int(not part), int(part), "" if part else event.run.verdict)


def _runs(kept: Kept, wanted: Wanted) -> Iterator[Event]:
    known: dict[str, _Known] = {}
    for run in kept.before:
        _changes(run, known)
    journals = {journal.id: journal for journal in kept.journals}
    for run in _with_unkept(kept.runs, journals.values(), kept.since):
        changes, first = _changes(run, known)
        changes = tuple(change for change in changes if _asked(change, wanted))
        apps = tuple(app for app in run.apps if wanted.path(app.path))
        if run.apps and not apps:
            continue
        state = journals[run.id].state if run.id in journals else ""
        shown = run if len(apps) == len(run.apps) else replace(run, apps=apps)
        event = RunEvent(run.started, shown, changes, state, first and not wanted.codes)
        if not (event.quiet and run.part and wanted.codes) and not (
            wanted.codes and not changes and run.kind not in ("check", "part")
        ):
            yield event


def _with_unkept(runs: Collection[RunSummary], journals: Iterable[FixJournal], since: float) -> Iterator[RunSummary]:
    """The runs, and fixes of which only the journal tells: one that was cut off, or that could not be kept."""
    ids = {run.id for run in runs}
    alone = [
        RunSummary(one.id, one.started, "fix", "", (AppSummary(one.app, ""),), (one.state,), one.steps)
        for one in journals
        if one.id not in ids and one.started >= since
    ]
    yield from sorted((*runs, *alone), key=lambda run: (run.started, run.id))


def _asked(change: Change, wanted: Wanted) -> bool:
    if not wanted.path(change.app):
        return False
    return wanted.code(change.finding.code) if change.finding.code else not wanted.codes


def _changes(run: RunSummary, known: dict[str, _Known]) -> tuple[tuple[Change, ...], bool]:
    """What a run says that was not known; whether it is the first whole one of an app. ``known`` is then up to date."""
    changes: list[Change] = []
    first = False
    for app in run.apps:
        if not app.verdict:
            continue
        was = known.setdefault(app.path, _Known())
        if not run.part:
            first |= not was.whole
            was.whole = True
            changes += _of_links(app, was)
        changes += _of_findings(app, was)
    return tuple(changes), first


def _of_links(app: AppSummary, was: _Known) -> Iterator[Change]:
    for link, now in app.links:
        before = was.links.get(link, "")
        was.links[link] = now
        if now == before or (not before and now in (LinkVerdict.PROVEN.value, LinkVerdict.NOT_ASKED.value)):
            continue
        if LinkVerdict.NOT_ASKED.value not in (before, now) or LinkVerdict.BROKEN.value in (before, now):
            yield Change("link", app.path, link, before, now)


def _of_findings(app: AppSummary, was: _Known) -> Iterator[Change]:
    now = {finding.key: finding for finding in app.findings}
    for key, finding in now.items():
        if key not in was.found:
            yield Change("came", app.path, finding=finding)
        was.found[key] = finding
    for key in [key for key in was.found if key not in now and app.answers(was.found[key].code)]:
        yield Change("gone", app.path, finding=was.found.pop(key))


def _alerts(kept: Kept, wanted: Wanted) -> Iterator[Event]:
    for alert in kept.alerts:
        if not (wanted.code(alert.problem.code) and wanted.path(alert.problem.app)):
            continue
        if alert.since >= kept.since:
            yield AlertEvent(alert.since, alert, resolved=False)
        if alert.resolved_at is not None and alert.resolved_at >= kept.since:
            yield AlertEvent(alert.resolved_at, alert, resolved=True)


def _deploys(kept: Kept) -> Iterator[Event]:
    for deploy in kept.deploys:
        yield DeployEvent(deploy.began, deploy, "began")
        if deploy.ended is not None:
            yield DeployEvent(deploy.ended, deploy, "ended")
        elif deploy.until <= kept.until:
            yield DeployEvent(deploy.until, deploy, "late")
