"""Show what keeps a fault from coming back, and apply it.

The prevention checklist, each item as it stands on this host: done, open, not applicable, or unknown with the reason.
With --apply what liveproof can do itself is planned, shown, asked for, applied and proven as by `fix`; `liveproof
rollback` undoes it. Crontabs, units, logrotate's files and deploy scripts are never edited: the lines are shown.

Examples:
  liveproof prevent
  liveproof prevent --apply --dry-run --diff
  liveproof prevent /var/www/api-gateway --apply --yes --allow config

Exit status:
  0 all is done   1 something is open, or was rolled back   2 usage or configuration error
  3 something could not be seen   4 refused (declined, another fix runs)   70 our bug
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from liveproof import prevention
from liveproof.analysis.shell_words import quoted
from liveproof.cli.applying import Asked, add_allow_argument, allowed, apply_asked, refuse_to_ask
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, INTERRUPTED, OK, REFUSED, UNPROVEN
from liveproof.cli.fix_run import FixRun, NotPlanned, planned
from liveproof.cli.options import Options, add_app_arguments, add_text_or_json_argument, add_yes_argument
from liveproof.cli.session import examine_host, prepare
from liveproof.examine import look
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.deployment import Deployment
from liveproof.model.facts.watching import Watching
from liveproof.model.plan import OutcomeKind, Plan, PlanOptions
from liveproof.model.run_record import Repair
from liveproof.model.secrets import hide
from liveproof.model.settings import Settings
from liveproof.prevention.item import Judged, State
from liveproof.prevention.judge import judge
from liveproof.prevention.listing import BOXES, applies_line, checklist_lines, document
from liveproof.report.plan import details, plan_lines
from liveproof.report.style.escaping import utf8
from liveproof.report.style.lines import BLANK
from liveproof.rules import load
from liveproof.store.cache import Cache

HELP_ORDER = 5
CHANGES_HOST = True

_SCHEMA = "liveproof-prevent/1"
_COMMAND = "liveproof prevent --apply"
_NOT_ALL = (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``prevent``."""
    add_app_arguments(parser)
    add_text_or_json_argument(parser)
    parser.add_argument("--apply", action="store_true", help="apply what liveproof can do itself")
    add_yes_argument(parser)
    add_allow_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="with --apply: show the plan and change nothing")
    parser.add_argument("--diff", action="store_true", help="show every edit of a configuration file as a whole diff")


@dataclass(frozen=True, slots=True)
class _Lists:
    """The checklists of an examination's apps, with the facts that they stand on."""

    settings: Settings
    cache: Cache
    console: Console

    def of(self, examination: Examination) -> tuple[tuple[str, tuple[Judged, ...]], ...]:
        return tuple((app.app.path, self._judged(app)) for app in examination.apps)

    def _judged(self, app: AppExamination) -> tuple[Judged, ...]:
        facts = look((Watching, Deployment), app, self.settings, self.cache, self.console.progress)
        return judge(app, facts, prevention.load(), load())


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Judge and show; with --apply plan, ask, apply and judge again.

    Raises:
        UsageError: nothing can be examined, or nobody can be asked.
    """
    options = Options.from_arguments(arguments)
    if not arguments.apply:
        _refuse_without_apply(arguments)
        settings, cache = prepare(options)
        found = examine_host(settings, cache, console)
        lists = _Lists(settings, cache, console).of(found)
        _show(found, lists, options, console)
        return _status(lists)
    if not (arguments.yes or arguments.dry_run):
        refuse_to_ask(options, console)
    return _apply(arguments, options, console)


def _refuse_without_apply(arguments: argparse.Namespace) -> None:
    given = [name for name in ("yes", "allow", "dry_run", "diff") if getattr(arguments, name)]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')} is for --apply; without it nothing is planned")


def _apply(arguments: argparse.Namespace, options: Options, console: Console) -> int:
    codes = frozenset(rule.code for rule in load() if rule.prevents)
    steps = PlanOptions(allowed(arguments), notices=True, select=codes)
    try:
        fixing, plans = planned(options, steps, console, applies=not arguments.dry_run)
    except NotPlanned as error:
        console.message(str(error))
        return REFUSED
    fixing.command = _COMMAND
    lists = _Lists(*prepare(options), console)
    before = lists.of(fixing.before)
    if options.format == "text":
        _show(fixing.before, before, options, console, applies=True)
        offered = not (arguments.yes or arguments.dry_run)
        for plan in plans:
            if plan.steps or plan.held_back:
                console.lines((BLANK, *plan_lines(plan, whole=arguments.diff, offered=offered)))
        console.lines((BLANK,))
    if arguments.dry_run:
        if options.format == "json":
            _write_json(before, [Repair(plan) for plan in plans], console)
        else:
            console.text("Nothing was changed: the plan was only shown.\n")
        return _status(before)
    asked = Asked(steps, yes=arguments.yes, diff=arguments.diff)
    for plan in plans:
        if (plan.steps or plan.held_back) and apply_asked(plan, fixing, asked, console) is OutcomeKind.FAILED:
            break
    return _conclude(fixing, before, lists, options, console)


def _conclude(
    fixing: FixRun,
    before: tuple[tuple[str, tuple[Judged, ...]], ...],
    lists: _Lists,
    options: Options,
    console: Console,
) -> int:
    """Keep the run, and show each item as it stands now."""
    lines = fixing.keep() if fixing.repairs else ()
    changed = fixing.after is not fixing.before
    after = lists.of(fixing.after) if changed else before
    if options.format == "json":
        _write_json(after, fixing.repairs, console)
    else:
        console.lines(lines)
        if changed:
            console.lines((BLANK,))
            _show(fixing.after, after, options, console, applies=True)
        elif not fixing.repairs:
            console.text("There is nothing that liveproof can apply itself.\n")
    kinds = [repair.outcome.kind for repair in fixing.repairs if repair.outcome]
    if fixing.repairs and fixing.status in (REFUSED, INTERRUPTED):
        return fixing.status
    return BROKEN if any(kind in _NOT_ALL for kind in kinds) else _status(after)


def _show(
    found: Examination,
    lists: Iterable[tuple[str, tuple[Judged, ...]]],
    options: Options,
    console: Console,
    *,
    applies: bool = False,
) -> None:
    if options.format == "json":
        _write_json(lists, (), console)
        return
    if not found.apps:
        console.message(f"no app was examined: {found.reason}")
    for number, (app, items) in enumerate(lists):
        console.lines((*([BLANK] if number else []), *checklist_lines(app, items, plain=not _boxes())))
        if not applies:
            console.lines(applies_line(items, f"{_COMMAND} {quoted(app)}"))


def _boxes() -> bool:
    """Whether standard output can carry the boxes."""
    try:
        BOXES.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _status(lists: Iterable[tuple[str, tuple[Judged, ...]]]) -> int:
    lists = tuple(lists)
    states = {one.state for _, items in lists for one in items}
    if State.OPEN in states:
        return BROKEN
    return UNPROVEN if State.UNKNOWN in states or not lists else OK


def _write_json(lists: Iterable[tuple[str, tuple[Judged, ...]]], repairs: Iterable[Repair], console: Console) -> None:
    told = {
        "schema": _SCHEMA,
        "kind": "prevent",
        "apps": [document(app, items) for app, items in lists],
        "plan": [dict(_plan(repair.plan)) for repair in repairs],
        "outcome": [_outcome(repair) for repair in repairs if repair.outcome],
    }
    console.text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def _plan(plan: Plan) -> Iterator[tuple[str, Any]]:
    yield "app", utf8(hide(plan.app))
    for name, steps in (("steps", plan.steps), ("held_back", plan.held_back)):
        yield (
            name,
            [
                {
                    "what": utf8(hide(step.what)),
                    "why": utf8(hide(step.why)),
                    "undo": utf8(hide(step.undo)),
                    "safety": step.safety.value,
                    "codes": list(step.fixes),
                    "details": list(details(step)),
                }
                for step in steps
            ],
        )


def _outcome(repair: Repair) -> Mapping[str, str]:
    assert repair.outcome
    one = repair.outcome
    return {
        "app": utf8(hide(repair.plan.app)),
        "kind": one.kind.value,
        "reason": utf8(hide(one.reason)),
        "run": one.run,
    }
