"""Fix what was found, and prove it.

Fix what was found: show the plan, ask, apply it, look again, and prove it or roll it back.

Examples:
  liveproof fix --dry-run
  liveproof fix /var/www/api-gateway
  liveproof fix --yes --allow disruptive
  liveproof fix --script > fix.sh

Exit status:
  0 fixed and proven   1 not fixed, fixed in part, or rolled back
  2 usage or configuration error   3 unproven
  4 refused (declined, another fix runs, the plan went stale)   70 our bug
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, BY_VERDICT, INTERRUPTED, REFUSED
from liveproof.cli.options import Options, add_app_arguments, add_report_arguments, add_yes_argument
from liveproof.cli.output import CannotWrite
from liveproof.cli.session import examine_host, keep_record, prepare, rule_pages, show_record
from liveproof.model.examination import Examination
from liveproof.model.plan import OutcomeKind, Plan
from liveproof.model.run_record import Record, Repair
from liveproof.model.secrets import hide
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Safety
from liveproof.planning.plan import SAFE_ONLY, make_plan
from liveproof.repair.repair import recover, repair
from liveproof.repair.rollback import RolledBack
from liveproof.report import script
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

HELP_ORDER = 2
CHANGES_HOST = True
_ALLOW = {"config": {Safety.CONFIG}, "drops": {Safety.DROPS}, "disruptive": {Safety.CONFIG, Safety.DROPS}}
_UNCHANGED = (OutcomeKind.REFUSED, OutcomeKind.NOTHING_TO_DO)


@dataclass(frozen=True, slots=True)
class _Request:
    """What `fix` was called with: only to show, not to ask, which steps to apply, to fix notices too, as a script."""

    options: Options
    dry_run: bool
    yes: bool
    allowed: frozenset[Safety]
    notices: bool
    script: bool

    @property
    def shows_text(self) -> bool:
        """Whether the report is text on standard output, where the plan was already shown."""
        return self.options.format == "text" and not self.options.output


@dataclass(slots=True)
class _Progress:
    """A fix as it goes on."""

    before: Examination
    after: Examination
    repairs: list[Repair] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``fix``."""
    add_report_arguments(parser)
    add_app_arguments(parser)
    add_yes_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    parser.add_argument(
        "--allow",
        choices=_ALLOW,
        action="append",
        default=[],
        help="also apply what edits the configuration of a service (config), what may delay or drop requests (drops), "
        "or both (disruptive)",
    )
    parser.add_argument("--notices", action="store_true", help="also fix what breaks nothing")
    parser.add_argument("--script", action="store_true", help="print the plan as a shell script and change nothing")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, plan, show, ask, apply, prove; report what came of it."""
    request = _Request(
        Options.from_arguments(arguments),
        dry_run=arguments.dry_run,
        yes=arguments.yes,
        allowed=SAFE_ONLY.union(*(_ALLOW[word] for word in arguments.allow)),
        notices=arguments.notices,
        script=arguments.script,
    )
    _refuse_without_terminal(request, console)
    settings, cache = prepare(request.options)
    try:
        if not (request.dry_run or request.script):
            _report_recovered(recover(settings, cache, console.progress), console)
        elif pending():
            console.message(
                "an earlier fix was interrupted; `liveproof rollback` takes it back, and so does the next `fix`"
            )
        found = examine_host(settings, cache, console)
        plans = _plans(found, request)
    except (lock.Held, Contradiction) as error:
        console.message(str(error))
        return REFUSED
    except (UnsafeState, OSError) as error:
        raise UsageError(f"nothing was changed: {unusable(error)}") from None
    if request.script:
        return _print_script(plans, found, console)
    progress = _Progress(found, found)
    _show_plans(found, plans, request, console)
    for plan in plans:
        if request.dry_run:
            progress.repairs.append(Repair(plan))
        elif _apply(plan, progress, request, console, (settings, cache)) is OutcomeKind.FAILED:
            break
    return _report(progress, request, console, settings)


def _refuse_without_terminal(request: _Request, console: Console) -> None:
    if request.yes or request.dry_run or request.script:
        return
    if request.options.format != "text" or request.options.output:
        raise UsageError("only text on a terminal can ask: add --yes to apply, or --dry-run to see the plan")
    if not console.interactive:
        raise UsageError("nobody is here to be asked: add --yes to apply the plan, or --dry-run to see it")


def _plans(found: Examination, request: _Request) -> tuple[Plan, ...]:
    return tuple(make_plan(app, load(), allow=request.allowed, notices=request.notices) for app in found.apps)


def _print_script(plans: tuple[Plan, ...], found: Examination, console: Console) -> int:
    if not plans:
        raise UsageError(f"no app was examined: {found.reason}")
    for plan in plans:
        console.text("\n".join(map(hide, script.script(plan).split("\n"))))
    return 0


def _show_plans(found: Examination, plans: tuple[Plan, ...], request: _Request, console: Console) -> None:
    """What was found, in short, and what is planned against it."""
    if request.shows_text:
        console.lines(brief_lines(found))
        for plan in plans:
            if plan.steps or plan.held_back or plan.manual:
                console.lines((BLANK, *plan_lines(plan)))
        console.lines((BLANK,))


def _apply(
    plan: Plan, progress: _Progress, request: _Request, console: Console, seen: tuple[Settings, Cache]
) -> OutcomeKind:
    def ask(_: Plan) -> bool:
        return request.yes or console.confirm(f"Apply the plan for {visible(plan.app)}?")

    done = repair(plan, *seen, allow=request.allowed, notices=request.notices, ask=ask, progress=console.progress)
    _report_recovered(done.recovered, console)
    progress.repairs.append(Repair(plan, done.outcome))
    if done.after:
        progress.after = done.after
    return done.outcome.kind


def _report(progress: _Progress, request: _Request, console: Console, settings: Settings) -> int:
    outcomes = [repair.outcome for repair in progress.repairs if repair.outcome]
    changed = any(outcome.kind not in _UNCHANGED for outcome in outcomes)
    name = next((outcome.run for outcome in outcomes if outcome.run), "") or new_id(progress.before.started)
    record = Record(
        name, "fix", __version__, progress.after, progress.before if changed else None, tuple(progress.repairs)
    )
    record = replace(record, id="") if request.dry_run else keep_record(record, console)
    lead = tuple(_outcome_lines(progress, changed=changed))
    if request.shows_text and not changed:
        console.lines(lead)  # nothing is different from what was shown above
    else:
        try:
            show_record(record, request.options, console, settings, lead=(*lead, BLANK))
        except CannotWrite:
            if request.options.output:  # what was done must be reported all the same
                console.lines(lead)
            raise
    if any(outcome.reason.startswith("stopped by SIGINT") for outcome in outcomes):
        return INTERRUPTED
    kinds = {outcome.kind for outcome in outcomes}
    if kinds & {OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK, OutcomeKind.PARTLY}:
        return BROKEN
    return REFUSED if OutcomeKind.REFUSED in kinds else BY_VERDICT[progress.after.verdict]


def _outcome_lines(progress: _Progress, *, changed: bool) -> Iterator[Line]:
    for each in progress.repairs:
        yield from outcome_lines(each)
    if changed:
        yield BLANK
        yield from comparison_lines(progress.before, progress.after, rule_pages())


def _report_recovered(recovered: tuple[RolledBack, ...], console: Console) -> None:
    for back in recovered:
        console.message(f"an interrupted fix was taken back first: run {back.run}, {back.restored} paths put back")
