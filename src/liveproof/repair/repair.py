"""Apply a plan and prove it, or roll it back."""

import os
import time
from collections.abc import Callable
from dataclasses import replace

from liveproof.analysis.web.serving import configuration_files
from liveproof.examine import examine
from liveproof.fixes.reload import reload_of
from liveproof.host.reader import Reader
from liveproof.host.write.safety import LeftAlone, why
from liveproof.host.write.service_control import ServiceFailed, WouldDrop
from liveproof.host.write.signals import Stopping
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.fpm import Fpm, Socket
from liveproof.model.facts.nginx import Nginx
from liveproof.model.plan import Outcome, OutcomeKind, Plan, PlanOptions, Step
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link, Safety
from liveproof.planning.plan import differences, make_plan
from liveproof.planning.reloads import lives_by_reloads
from liveproof.planning.verify import came, remains, settled, unproven
from liveproof.repair.action import RunningMaster, StepContext, Stopped
from liveproof.repair.actions.run_artisan import ArtisanFailed
from liveproof.repair.actions.signal_workers import NotRestarted
from liveproof.repair.allowed_paths import AllowedPaths, Refused
from liveproof.repair.journal import Journal
from liveproof.repair.rollback import RolledBack, take_back_run
from liveproof.repair.runner import Runner
from liveproof.rules import hidden_by_memory, load
from liveproof.steps.merging import Contradiction
from liveproof.store import directory, lock
from liveproof.store.cache import Cache
from liveproof.store.journal_log import Damaged, TooMuch
from liveproof.store.runs import list_runs, pending

Progress = Callable[[str], None]

# Stale for as long as opcache.revalidate_freq may say; workers that are just starting; a reload that settles.
_SETTLE_SECONDS = 8.0
_DISK_SECONDS = 4.0
_AGAIN_SECONDS = 0.7
_LEAST_PATIENCE = 10.0

_DEFAULT = PlanOptions()
_NO_STEP = (Refused, LeftAlone, TooMuch, ServiceFailed)
_FAILED = (*_NO_STEP, ArtisanFailed)


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of a plan, and the host before and after (None where it was refused before anything was looked at).

    After a rollback ``after`` is the host once everything was put back. ``recovered`` are interrupted earlier runs that
    were rolled back first.
    """

    outcome: Outcome
    before: Examination | None
    after: Examination | None
    recovered: tuple[RolledBack, ...] = ()


def reload_bar(settings: Settings, cache: Cache, progress: Progress) -> Callable[[str], str]:
    """For a rollback: a function that tells why PHP-FPM must not be reloaded now that an app's files are as before.

    Where the app's user can again not read what it must, only what PHP-FPM keeps in memory lets the site answer.
    """

    def bar(path: str) -> str:
        found = (
            _find(examine(Reader(), replace(settings, app=replace(settings.app, path=path)), cache, progress), path)
            if path
            else None
        )
        closed = [finding for finding in found.findings if finding.code in hidden_by_memory()] if found else []
        return f"{closed[0].message} ({closed[0].code}), and only its memory lets the site answer" if closed else ""

    return bar


def recover(settings: Settings, cache: Cache, progress: Progress = lambda _: None) -> tuple[RolledBack, ...]:
    """Roll back every interrupted run; ``fix`` calls it before it examines, so it sees no half-done fix.

    Empty when there is none.

    Raises:
        lock.Held: another fix or rollback is at work; the message names it (exit status 4).
        OSError, state.UnsafeState: the state directory cannot be used.
    """
    with lock.Lock(), Stopping():
        return _recover(settings, cache, progress)


def _recover(settings: Settings, cache: Cache, progress: Progress) -> tuple[RolledBack, ...]:
    bar = reload_bar(settings, cache, progress)
    found = []
    for run in pending():
        try:
            found.append(take_back_run(run, progress, stop_started=True, barred=bar))
        except Damaged as error:
            found.append(RolledBack(run.id, 0, ((run.directory, str(error)),), ()))
    return tuple(found)


def repair(
    plan: Plan,
    settings: Settings,
    cache: Cache,
    *,
    options: PlanOptions = _DEFAULT,
    ask: Callable[[Plan], bool] = lambda _: True,
    progress: Progress = lambda _: None,
    step_done: Progress = lambda _: None,
) -> Repaired:
    """Ask, look again, apply, prove; roll back by itself when it is not proven.

    ``options`` are those that the plan was made with. Takes the lock, asks (``ask`` gets the plan; no: REFUSED,
    "declined"), examines again and refuses a plan whose
    digest changed. Never raises for anything that the host does: the outcome tells it. Outcome kinds: FIXED; SETTLED
    (nothing was fixed; what could not be seen is seen now); PARTLY (what the plan was for is gone, other
    faults remain or cannot be seen: the reason names them); ROLLED_BACK (all is as before; the reason names the step or
    finding); FAILED (not everything could be put back; the reason names what and how to go on); REFUSED (nothing was
    touched); NOTHING_TO_DO (the plan has no steps).
    """
    if not plan.steps:
        return Repaired(Outcome(OutcomeKind.NOTHING_TO_DO), None, None)
    if os.geteuid() != 0:
        return Repaired(_refused("only root may give files away and reload services; nothing was changed"), None, None)
    progress = _quiet(progress)
    try:
        with lock.Lock():
            with Stopping():
                recovered = _recover(settings, cache, progress)
            if not ask(plan):
                return Repaired(_refused("declined; nothing was changed"), None, None, recovered)
            repairing = _Repairing(plan, settings, cache, options, (progress, _quiet(step_done)))
            with Stopping() as stopping:
                outcome = repairing.all(stopping)
            return Repaired(outcome, repairing.before, repairing.after, recovered)
    except (lock.Held, directory.UnsafeState) as error:
        return Repaired(_refused(f"{error}; nothing was changed"), None, None)
    except OSError as error:
        return Repaired(_refused(f"{directory.unusable(error)}; nothing was changed"), None, None)


def _quiet(progress: Progress) -> Progress:
    """Telling progress to a terminal that has gone away must not break a fix off."""

    def tell(text: str) -> None:
        try:
            progress(text)
        except (OSError, ValueError):
            return

    return tell


def _refused(reason: str) -> Outcome:
    return Outcome(OutcomeKind.REFUSED, reason)


def _message(error: OSError) -> str:
    name = error.filename
    return f"{os.fsdecode(name)}: {why(error)}" if isinstance(name, str | bytes) else why(error)


class _Repairing:
    """One plan on its way."""

    def __init__(
        self,
        plan: Plan,
        settings: Settings,
        cache: Cache,
        options: PlanOptions,
        told: tuple[Progress, Progress],
    ) -> None:
        self.before: Examination | None = None
        self.after: Examination | None = None
        self._plan = plan
        self._settings = settings
        self._cache = cache
        self._options = options
        self._progress, self._step_done = told
        self._would_drop = False
        self._left_out: list[str] = []
        self._awaited: set[str] = set()

    def all(self, stopping: Stopping) -> Outcome:
        """Look again, apply, prove.

        Raises:
            OSError, UnsafeState: the journal cannot be begun; nothing was changed.
        """
        self.before = self._examine()
        app = _find(self.before, self._plan.app)
        refusal = self._stale(app)
        if refusal or app is None:
            return _refused(refusal)
        try:
            runner = Runner(self._context(app, stopping))
            for step in self._plan.steps:
                runner.check(step)
        except _NO_STEP as error:
            return _refused(f"{error}; nothing was changed")
        if stopping.asked:
            return _refused(f"stopped by {stopping.name}; nothing was changed")
        journal = Journal.begin(self._plan)
        try:
            failure = self._apply_and_verify(runner, journal, app, stopping)
            if not failure:
                journal.fixed()
        except OSError as error:
            failure = f"the journal cannot be written: {_message(error)}"
        except BaseException:
            journal.close()
            self._take_back(journal.run)
            raise
        journal.close()
        if failure:
            return self._rolled_back(journal.run, failure)
        after = _find(self.after, self._plan.app)
        left = "; ".join(filter(None, (*self._left_out, remains(self._plan, app, after))))
        kind = OutcomeKind.PARTLY if left else OutcomeKind.FIXED
        if not self._plan.fixes and settled(self._plan, after):
            kind = OutcomeKind.SETTLED
        return Outcome(kind, left, journal.run, would_drop=self._would_drop)

    def _examine(self) -> Examination:
        return examine(Reader(), self._settings, self._cache, self._progress)

    def _stale(self, app: AppExamination | None) -> str:
        """Why the plan no longer fits the host; empty when it does."""
        if app is None:
            return f"{self._plan.app} is no longer there; nothing was changed"
        try:
            now = make_plan(app, load(), self._options)
        except Contradiction as error:
            return f"{error}; nothing was changed"
        if now.digest == self._plan.digest:
            self._plan = now  # the same, with what a busy host has changed by itself meanwhile
            return ""
        changes = ", ".join(differences(self._plan, now)) or "details of its steps"
        return f"the host has changed since the plan was made ({changes}): make a new one; nothing was changed"

    def _context(self, app: AppExamination, stopping: Stopping) -> StepContext:
        fpm = app.facts.get(Fpm)
        patience, sockets = _LEAST_PATIENCE, set()
        if isinstance(fpm, Fpm):
            patience += max((master.control_timeout for master in fpm.masters), default=0.0)
            sockets = {pool.socket.path for _, pool in fpm.serving(app.app.pools) if isinstance(pool.socket, Socket)}
        made = frozenset(path for step in self._plan.steps for path in step.act.made_directories())
        read = frozenset(map(os.path.realpath, configuration_files(app.facts.get(Fpm), app.facts.get(Nginx))))
        paths = AllowedPaths(app.app, frozenset(sockets - {""}), made, configuration=read)
        return StepContext(paths, lambda: stopping.asked, patience, self._masters(fpm))

    def _masters(self, fpm: object) -> dict[str | int, RunningMaster]:
        """The masters whose reload must cut off no request: all, unless what drops requests is allowed."""
        if not isinstance(fpm, Fpm) or Safety.DROPS in self._options.allow:
            return {}
        return {
            act.unit or act.pid: RunningMaster(tuple(pool.address for pool in master.pools), master.control_timeout)
            for master in fpm.masters
            if master.pid and master.control_timeout > 0
            for act in (reload_of(master),)
        }

    def _apply_and_verify(self, runner: Runner, journal: Journal, app: AppExamination, stopping: Stopping) -> str:
        """Change files, prove what that must fix, then let services take it up, and prove everything.

        What PHP-FPM keeps in memory is lost with a reload, and may be all that keeps a site alive whose files cannot be
        read. So nothing is reloaded before the disk is proven to be as it should.
        """
        numbered = list(enumerate(self._plan.steps))
        files = [(number, step) for number, step in numbered if not step.act.service]
        rest = [(number, step) for number, step in numbered if step.act.service]
        failure = self._apply(files, app, (runner, journal), stopping)
        if files and rest and not failure:
            later = {code for _, step in rest for code in step.fixes}
            later |= {rule.code for rule in load() if rule.link in (Link.MEMORY, Link.SERVICES)}
            failure = self._prove(app, stopping, _DISK_SECONDS, frozenset(later))
        failure = failure or self._apply(rest, app, (runner, journal), stopping)
        return failure or self._prove(app, stopping, _SETTLE_SECONDS, frozenset(self._awaited))

    def _apply(
        self, steps: list[tuple[int, Step]], app: AppExamination, by: tuple[Runner, Journal], stopping: Stopping
    ) -> str:
        """Carry out some steps; why it failed, or nothing."""
        runner, journal = by
        for number, step in steps:
            name = f"step {number + 1} ({step.what})"
            place = f"{number + 1}/{len(self._plan.steps)}"
            self._progress(f"step {place}: {step.what}")
            started = time.monotonic()
            try:
                runner.apply(journal, number, step)
                self._step_done(f"{place} done in {time.monotonic() - started:.1f} s: {step.what}")
            except Stopped:
                return f"stopped by {stopping.name}"
            except WouldDrop as error:
                self._would_drop = True
                if self._needed(step, app):
                    return f"{name} failed: {error}"
                self._left_out.append(f"{step.what} was not done: {error}")
                self._step_done(f"{place} left out: {error}")
            except NotRestarted as error:
                # Nothing is taken back for it: the signal is sent, and what was fixed on disk is right all the same.
                self._awaited |= set(step.fixes)
                self._left_out.append(f"{step.what}: {error}")
                self._step_done(f"{place} not proven: {error}")
            except _FAILED as error:
                return f"{name} failed: {error}"
            except OSError as error:
                return f"{name} failed: {_message(error)}"
            except Exception as error:  # noqa: BLE001  (whatever it is, what was begun is rolled back)
                return f"liveproof failed in {name} ({type(error).__name__}: {error}); please report this"
        return ""

    def _needed(self, step: Step, app: AppExamination) -> bool:
        """Whether the plan does not reach what it is for without a step that lets PHP compile files again.

        Where it only renews what is known of the memory, what was fixed on disk is better kept than taken back.
        """
        rebuilt = any(each.act.recompiles for each in self._plan.steps)
        return bool(set(step.fixes) & set(self._plan.fixes)) or (rebuilt and lives_by_reloads(app))

    def _prove(self, before: AppExamination, stopping: Stopping, seconds: float, later: frozenset[str]) -> str:
        """Look again until everything is as the plan wants it; what is not, or nothing."""
        deadline = time.monotonic() + seconds
        while True:
            self.after = self._examine()
            left = unproven(self._plan, before, _find(self.after, self._plan.app), load(), later=later)
            if stopping.asked:
                return f"stopped by {stopping.name} before it was proven"
            if not left or time.monotonic() > deadline:
                return left
            self._progress("waiting for it to settle")
            time.sleep(_AGAIN_SECONDS)

    def _rolled_back(self, run: str, failure: str) -> Outcome:
        self._progress("rolling everything back")
        done = self._take_back(run)
        self.after = self._examine()
        before, after = _find(self.before, self._plan.app), _find(self.after, self._plan.app)
        if done is None or not done.complete:
            left = "; ".join(f"{path} {reason}" for path, reason in (done.refused[:5] if done else ()))
            how = f"`liveproof rollback {run}` tries again"
            return Outcome(OutcomeKind.FAILED, f"{failure}; not everything could be rolled back: {left}; {how}", run)
        bare = came(before, after, load()) if before and after else ()
        notes = "".join(
            f"; {note}" for note in (*done.notes, *(f"since PHP-FPM's memory is new, {text}" for text in bare))
        )
        reason = f"{failure}; everything was rolled back{notes}"
        return Outcome(OutcomeKind.ROLLED_BACK, reason, run, would_drop=self._would_drop)

    def _take_back(self, run: str) -> RolledBack | None:
        for found in list_runs():
            if found.id == run:
                bar = reload_bar(self._settings, self._cache, self._progress)
                try:
                    return take_back_run(found, self._progress, stop_started=True, barred=bar)
                except (OSError, Damaged):
                    return None
        return None


def _find(examination: Examination | None, path: str) -> AppExamination | None:
    return next((app for app in examination.apps if app.app.path == path), None) if examination else None
