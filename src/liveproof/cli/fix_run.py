"""What the commands that fix share: they apply plans, say what became of each step, and report what came of it all."""

from collections.abc import Iterator
from dataclasses import replace

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, BY_VERDICT, INTERRUPTED, REFUSED
from liveproof.cli.options import Options
from liveproof.cli.output import CannotWrite
from liveproof.cli.session import examine_host, keep_record, prepare, rule_pages, show_record, warn_of_interrupted
from liveproof.model.examination import Examination
from liveproof.model.plan import Outcome, OutcomeKind, Plan, PlanOptions
from liveproof.model.run_record import Record, Repair
from liveproof.model.settings import Settings
from liveproof.planning.plan import make_plan
from liveproof.repair.repair import recover, repair
from liveproof.repair.rollback import RolledBack
from liveproof.report.comparison import comparison_lines
from liveproof.report.plan import outcome_lines
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, line
from liveproof.rules import load
from liveproof.steps.merging import Contradiction
from liveproof.store import lock
from liveproof.store.cache import Cache
from liveproof.store.directory import UnsafeState, unusable
from liveproof.store.history import new_id

_UNCHANGED = (OutcomeKind.REFUSED, OutcomeKind.NOTHING_TO_DO)
_NOT_FIXED = (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK, OutcomeKind.PARTLY)


class NotPlanned(Exception):
    """Nothing can be planned now: another fix is at work, or two findings contradict each other. Exit status 4."""


def planned(
    options: Options, steps: PlanOptions, console: Console, *, applies: bool
) -> tuple["FixRun", tuple[Plan, ...]]:
    """Examine what ``options`` name and make a plan for each app; before a fix ``applies``, what was left is undone.

    Raises:
        NotPlanned: nothing can be planned now.
        UsageError: what is named cannot be examined, or the state directory cannot be used.
    """
    settings, cache = prepare(options)
    try:
        if applies:
            _report_recovered(recover(settings, cache, console.progress), console)
        else:
            warn_of_interrupted(console)
        found = examine_host(settings, cache, console)
        plans = tuple(make_plan(app, load(), steps) for app in found.apps)
    except (lock.Held, Contradiction) as error:
        raise NotPlanned(str(error)) from None
    except (UnsafeState, OSError) as error:
        raise UsageError(f"nothing was changed: {unusable(error)}") from None
    return FixRun(found, settings, cache, options, console), plans


class FixRun:
    """Plans on their way, one after the other.

    Attributes:
        before, after: the host before the first plan and after the last.
        repairs: each plan with what came of it; without an outcome it was only shown.
        command: the command that a person called, for hints on how to go on.
    """

    def __init__(
        self, before: Examination, settings: Settings, cache: Cache, options: Options, console: Console
    ) -> None:
        self.before = before
        self.after = before
        self.repairs: list[Repair] = []
        self.command = "liveproof fix"
        self._settings = settings
        self._cache = cache
        self._options = options
        self._console = console

    @property
    def shows_text(self) -> bool:
        """Whether the report is text on standard output, where the plan was already shown."""
        return self._options.format == "text" and not self._options.output

    def planned_now(self, path: str, options: PlanOptions) -> Plan | None:
        """The plan for an app as it is after the last plan; None where there is none, or its findings contradict."""
        try:
            return next((make_plan(app, load(), options) for app in self.after.apps if app.app.path == path), None)
        except Contradiction as error:
            self._console.message(str(error))
            return None

    def apply(self, plan: Plan, options: PlanOptions, question: str = "") -> Outcome:
        """Apply a plan that was made with ``options``; with a ``question`` only when a person says yes."""

        def ask(_: Plan) -> bool:
            return not question or self._console.confirm(question)

        done = repair(
            plan,
            self._settings,
            self._cache,
            options=options,
            ask=ask,
            progress=self._console.progress,
            step_done=self._step_done,
        )
        _report_recovered(done.recovered, self._console)
        self.repairs.append(Repair(plan, done.outcome))
        self.after = done.after or self.after
        return done.outcome

    def _step_done(self, text: str) -> None:
        if self.shows_text:
            self._console.lines([line(shown(text), indent=3, hang=6)])

    def keep(self) -> tuple[Line, ...]:
        """Keep what was planned and what came of it as a run; what came of it in lines."""
        changed = self._changed
        self._record(kept=True, changed=changed)
        return tuple(self._outcome_lines(changed=changed))

    @property
    def status(self) -> int:
        """The exit status of what came of it."""
        return self._status([repair.outcome for repair in self.repairs if repair.outcome])

    @property
    def _changed(self) -> bool:
        return any(repair.outcome.kind not in _UNCHANGED for repair in self.repairs if repair.outcome)

    def _record(self, *, kept: bool, changed: bool) -> Record:
        outcomes = [repair.outcome for repair in self.repairs if repair.outcome]
        name = next((outcome.run for outcome in outcomes if outcome.run), "") or new_id(self.before.started)
        before = self.before if changed else None
        record = Record(name, "fix", __version__, self.after, before, tuple(self.repairs))
        return keep_record(record, self._console, self._settings) if kept else replace(record, id="")

    def report(self, *, kept: bool = True) -> int:
        """Report what was planned and what came of it, keep it unless it was only shown; the exit status."""
        changed = self._changed
        record = self._record(kept=kept, changed=changed)
        lead = tuple(self._outcome_lines(changed=changed))
        if self.shows_text and not changed:
            self._console.lines(lead)  # nothing is different from what was shown above
        else:
            try:
                show_record(record, self._options, self._console, self._settings, lead=(*lead, BLANK))
            except CannotWrite:
                if self._options.output:  # what was done must be reported all the same
                    self._console.lines(lead)
                raise
        return self.status

    def _status(self, outcomes: list[Outcome]) -> int:
        if any(outcome.reason.startswith("stopped by SIGINT") for outcome in outcomes):
            return INTERRUPTED
        last = {repair.plan.app: repair.outcome.kind for repair in self.repairs if repair.outcome}
        if any(kind in _NOT_FIXED for kind in last.values()):
            return BROKEN
        return REFUSED if OutcomeKind.REFUSED in last.values() else BY_VERDICT[self.after.verdict]

    def _outcome_lines(self, *, changed: bool) -> Iterator[Line]:
        for each in self.repairs:
            yield from outcome_lines(each, self.command)
        if changed:
            yield BLANK
            yield from comparison_lines(self.before, self.after, rule_pages())


def _report_recovered(recovered: tuple[RolledBack, ...], console: Console) -> None:
    """Say which interrupted fixes were rolled back first."""
    for back in recovered:
        console.message(
            f"an interrupted fix was rolled back first: run {visible(back.run)}, {back.restored} paths restored"
        )
