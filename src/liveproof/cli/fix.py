"""What changes a host: the dialogue around fix. The changing itself is repair's."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from liveproof import __version__
from liveproof.cli.check import REFUSED, STATUS, Wrong, keep, look, pages, settle, tell
from liveproof.cli.console import Console
from liveproof.cli.options import Asked
from liveproof.cli.output import CannotWrite
from liveproof.model.examination import Examination
from liveproof.model.plan import OutcomeKind, Plan
from liveproof.model.run_record import Record, Repair
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety
from liveproof.planning.plan import SAFE_ONLY, WITH_DISRUPTIVE, make_plan
from liveproof.repair.repair import recover, repair
from liveproof.repair.rollback import RolledBack
from liveproof.report.comparison import comparison_lines
from liveproof.report.formats.text import brief_lines
from liveproof.report.plan import outcome_lines, plan_lines
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import BLANK, Line
from liveproof.rules import load
from liveproof.steps.merging import Contradiction
from liveproof.store import lock
from liveproof.store.cache import Cache
from liveproof.store.directory import UnsafeState, unusable
from liveproof.store.history import new_id
from liveproof.store.runs import pending

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Fix:
    """What `fix` was asked: to print a script, only to show, not to ask, to hold nothing back, to fix notices too."""

    asked: Asked
    dry_run: bool = False
    yes: bool = False
    disruptive: bool = False
    notices: bool = False
    script: bool = False


@dataclass(slots=True)
class _Run:
    """A fix as it goes on."""

    before: Examination
    after: Examination
    repairs: list[Repair] = field(default_factory=list)


def fix(wanted: Fix, console: Console) -> int:
    """Examine, plan, show, ask, apply, prove; tell what came of it."""
    _refuse_unasked(wanted, console)
    settings, cache = settle(wanted.asked)
    try:
        if not (wanted.dry_run or wanted.script):
            _tell_recovered(recover(settings, cache, console.progress), console)
        elif pending():
            console.tell(
                "an earlier fix was interrupted; `liveproof rollback` takes it back, and so does the next `fix`"
            )
        found = look(settings, cache, console)
        plans = _plans(found, wanted)
    except (lock.Held, Contradiction) as error:
        console.tell(str(error))
        return REFUSED
    except (UnsafeState, OSError) as error:
        raise Wrong(f"nothing was changed: {unusable(error)}") from None
    if wanted.script:
        return _script(plans, found, console)
    run = _Run(found, found)
    _show(found, plans, wanted, console)
    for plan in plans:
        if wanted.dry_run:
            run.repairs.append(Repair(plan))
        elif _repair(plan, run, wanted, console, (settings, cache)) is OutcomeKind.FAILED:
            break
    return _told(run, wanted, console, settings)


def _refuse_unasked(wanted: Fix, console: Console) -> None:
    if wanted.yes or wanted.dry_run or wanted.script:
        return
    if wanted.asked.format != "text" or wanted.asked.output:
        raise Wrong("only text on a terminal can ask: add --yes to apply, or --dry-run to see the plan")
    if not console.asks:
        raise Wrong("nobody is here to be asked: add --yes to apply the plan, or --dry-run to see it")


def _plans(found: Examination, wanted: Fix) -> tuple[Plan, ...]:
    return tuple(make_plan(app, load(), allow=_allowed(wanted), notices=wanted.notices) for app in found.apps)


def _allowed(wanted: Fix) -> frozenset[Safety]:
    return WITH_DISRUPTIVE if wanted.disruptive else SAFE_ONLY


def _script(plans: tuple[Plan, ...], found: Examination, console: Console) -> int:
    from liveproof.model.secrets import hide  # noqa: PLC0415
    from liveproof.report.script import script  # noqa: PLC0415

    if not plans:
        raise Wrong(f"no app was examined: {found.reason}")
    for plan in plans:
        console.text("\n".join(map(hide, script(plan).split("\n"))))
    return 0


def _show(found: Examination, plans: tuple[Plan, ...], wanted: Fix, console: Console) -> None:
    """What was found, in short, and what is planned against it."""
    if wanted.asked.format == "text" and not wanted.asked.output:
        console.lines(brief_lines(found))
        for plan in plans:
            if plan.steps or plan.held_back or plan.manual:
                console.lines((BLANK, *plan_lines(plan)))
        console.lines((BLANK,))


def _repair(plan: Plan, run: _Run, wanted: Fix, console: Console, seen: tuple[Settings, Cache]) -> OutcomeKind:
    def ask(_: Plan) -> bool:
        return wanted.yes or console.confirmed(f"Apply the plan for {visible(plan.app)}?")

    done = repair(plan, *seen, allow=_allowed(wanted), notices=wanted.notices, ask=ask, progress=console.progress)
    _tell_recovered(done.recovered, console)
    run.repairs.append(Repair(plan, done.outcome))
    if done.after:
        run.after = done.after
    return done.outcome.kind


def _told(run: _Run, wanted: Fix, console: Console, settings: Settings) -> int:
    outcomes = [repair.outcome for repair in run.repairs if repair.outcome]
    changed = any(outcome.kind not in _UNCHANGED for outcome in outcomes)
    name = next((outcome.run for outcome in outcomes if outcome.run), "") or new_id(run.before.started)
    record = Record(name, "fix", __version__, run.after, run.before if changed else None, tuple(run.repairs))
    record = replace(record, id="") if wanted.dry_run else keep(record, console)
    lead = tuple(_lead(run, changed=changed))
    if wanted.asked.format == "text" and not wanted.asked.output and not changed:
        console.lines(lead)  # nothing is different from what was shown above
    else:
        try:
            tell(record, wanted.asked, console, settings, lead=(*lead, BLANK))
        except CannotWrite:
            if wanted.asked.output:  # what was done must be told all the same
                console.lines(lead)
            raise
    if any(outcome.reason.startswith("stopped by SIGINT") for outcome in outcomes):
        return INTERRUPTED
    kinds = {outcome.kind for outcome in outcomes}
    if kinds & {OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK, OutcomeKind.PARTLY}:
        return 1
    return REFUSED if OutcomeKind.REFUSED in kinds else STATUS[run.after.verdict]


_UNCHANGED = (OutcomeKind.REFUSED, OutcomeKind.NOTHING_TO_DO)


def _lead(run: _Run, *, changed: bool) -> Iterator[Line]:
    for each in run.repairs:
        yield from outcome_lines(each)
    if changed:
        yield BLANK
        yield from comparison_lines(run.before, run.after, pages())


def _tell_recovered(recovered: tuple[RolledBack, ...], console: Console) -> None:
    for back in recovered:
        console.tell(f"an interrupted fix was taken back first: run {back.run}, {back.restored} paths put back")
