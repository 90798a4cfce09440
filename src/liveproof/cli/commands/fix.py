"""Fix what was found, and prove it.

Fix what was found: show the plan, ask, apply it, look again, and prove it or roll it back. What edits the configuration
of a service or may drop requests is asked for step by step on a terminal, and needs --allow elsewhere.

Examples:
  liveproof fix --dry-run --diff
  liveproof fix /var/www/api-gateway
  liveproof fix --yes --allow drops
  liveproof fix --save plan.json && liveproof apply plan.json

Exit status:
  0 fixed and proven   1 not fixed, fixed in part, or rolled back
  2 usage or configuration error   3 unproven
  4 refused (declined, another fix runs, the plan went stale)   70 our bug
"""

import argparse
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from liveproof.analysis.shell_words import quoted
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import REFUSED
from liveproof.cli.fix_run import FixRun, NotPlanned, planned
from liveproof.cli.options import (
    Options,
    add_app_arguments,
    add_report_arguments,
    add_select_argument,
    add_yes_argument,
    apply_command,
)
from liveproof.cli.output import refuse_unwritable, write_file
from liveproof.cli.selection import rule_names
from liveproof.model.plan import SAFE_ONLY, OutcomeKind, Plan, PlanOptions
from liveproof.model.run_record import Repair
from liveproof.model.secrets import hide
from liveproof.model.verdicts import Safety
from liveproof.report import script
from liveproof.report.formats.text import brief_lines
from liveproof.report.plan import plan_lines, step_lines
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import BLANK, Line, line
from liveproof.store.plan_file import dump, saved

HELP_ORDER = 2
CHANGES_HOST = True

_ALLOW = {"config": {Safety.CONFIG}, "drops": {Safety.DROPS}, "disruptive": {Safety.CONFIG, Safety.DROPS}}
# What a fix brings to light is planned again: a configuration cache that artisan could not build before, for one.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class _Request:
    """What `fix` was called with: only to show, whole diffs, not to ask, as a script, where to save, which steps."""

    options: Options
    dry_run: bool
    diff: bool
    yes: bool
    script: bool
    save: str
    steps: PlanOptions

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> "_Request":
        return cls(
            Options.from_arguments(arguments),
            arguments.dry_run,
            arguments.diff,
            arguments.yes,
            arguments.script,
            arguments.save,
            PlanOptions(
                SAFE_ONLY.union(*(_ALLOW[word] for word in arguments.allow)),
                notices=arguments.notices,
                select=frozenset(rule_names("--select", arguments.select)),
            ),
        )

    @property
    def applies(self) -> bool:
        """Whether the host is changed."""
        return not (self.dry_run or self.script or self.save)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``fix``."""
    add_report_arguments(parser)
    add_app_arguments(parser)
    add_yes_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    parser.add_argument("--diff", action="store_true", help="show every edit of a configuration file as a whole diff")
    parser.add_argument(
        "--save", metavar="PLAN", default="", help="write the plan to a file for `liveproof apply` and change nothing"
    )
    parser.add_argument(
        "--allow",
        choices=_ALLOW,
        action="append",
        default=[],
        help="also apply what edits the configuration of a service (config), what may delay or drop requests (drops), "
        "or both (disruptive)",
    )
    parser.add_argument("--notices", action="store_true", help="also fix what breaks nothing")
    add_select_argument(parser, "fix only what these find")
    parser.add_argument(
        "--script", action="store_true", help="with --save: print the plan as comments, and the line that applies it"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, plan, show, ask, apply, prove; report what came of it."""
    request = _Request.from_arguments(arguments)
    _refuse(request, console)
    try:
        fixing, plans = planned(request.options, request.steps, console, applies=request.applies)
    except NotPlanned as error:
        console.message(str(error))
        return REFUSED
    if not plans and (request.save or request.script):
        raise UsageError(f"no app was examined: {fixing.before.reason}")
    if request.save:
        write_file(request.save, dump(saved(plans, request.steps, request.options.made_with)))
    if request.script:
        applies = apply_command(os.path.abspath(request.save), request.options.unsaved)
        console.text("\n".join(map(hide, script.script(plans, applies).split("\n"))))
        return 0
    if fixing.shows_text:
        console.lines((*brief_lines(fixing.before), *_shown(plans, request), BLANK))
    for plan in plans:
        if not request.applies:
            fixing.repairs.append(Repair(plan))
        elif _fix(plan, fixing, request, console) is OutcomeKind.FAILED:
            break
    status = fixing.report(kept=request.applies)
    if request.save and fixing.shows_text:
        console.lines(
            [line("apply it with ", (apply_command(request.save, request.options.unsaved), "command"), indent=3)]
        )
    return status


def _refuse(request: _Request, console: Console) -> None:
    if request.script and not request.save:
        raise UsageError("a script applies a saved plan: add --save PLAN.json, the file to save it in")
    refuse_unwritable(request.save)
    if request.yes or not request.applies:
        return
    if request.options.format != "text" or request.options.output:
        raise UsageError("only text on a terminal can ask: add --yes to apply, or --dry-run to see the plan")
    if not console.interactive:
        raise UsageError(
            "stdin is not a terminal, so nobody can be asked: add --yes to apply, or --dry-run to see the plan"
        )


def _shown(plans: Iterable[Plan], request: _Request) -> Iterator[Line]:
    for plan in plans:
        if plan.steps or plan.held_back or plan.manual:
            yield BLANK
            yield from plan_lines(plan, whole=request.diff, offered=request.applies and not request.yes)


def _fix(plan: Plan, fixing: FixRun, request: _Request, console: Console) -> OutcomeKind:
    """Apply an app's plan, then what that brings to light, up to three rounds."""
    options = request.steps
    if not request.yes:
        options = replace(options, accepted=_accepted(plan, console))
        if options.accepted:
            plan = fixing.planned_now(plan.app, options) or plan
            console.lines((*plan_lines(plan, whole=request.diff), BLANK))
    question = "" if request.yes else f"Apply the plan for {visible(plan.app)}?"
    outcome = fixing.apply(plan, options, question)
    if outcome.would_drop:
        return _all_the_same(plan, options, fixing, request, console) or outcome.kind
    kind = outcome.kind
    tried = {plan.digest}
    for number in range(2, _ROUNDS + 1):
        further = fixing.planned_now(plan.app, options)
        if not kind.stands or further is None or not further.steps or further.digest in tried:
            break
        tried.add(further.digest)
        if fixing.shows_text:
            head = line((f"Round {number}", "head"), "  what the fix has brought to light")
            console.lines((BLANK, head, BLANK, *plan_lines(further, whole=request.diff), BLANK))
        kind = fixing.apply(further, options, question).kind
    return kind


def _all_the_same(
    plan: Plan, options: PlanOptions, fixing: FixRun, request: _Request, console: Console
) -> OutcomeKind | None:
    """PHP-FPM was too busy: reload it where requests may be dropped, by option or answer; else say how, and None."""
    question = "Reload PHP-FPM all the same, which may cut off requests?"
    if Safety.DROPS in options.allow or (not request.yes and console.confirm(question)):
        options = replace(options, allow=options.allow | {Safety.DROPS}, reload=True)
        further = fixing.planned_now(plan.app, options)
        if further and further.steps:
            if fixing.shows_text:
                head = line(("Round 2", "head"), "  with a reload that may cut off requests")
                console.lines((BLANK, head, BLANK, *plan_lines(further, whole=request.diff), BLANK))
            return fixing.apply(further, options).kind
    if fixing.shows_text:
        command = f"liveproof fix --allow drops {quoted(plan.app)}"
        console.lines([line("with a reload all the same: ", (command, "command"), indent=3)])
    return None


def _accepted(plan: Plan, console: Console) -> frozenset[str]:
    """What a person accepts of the steps that are held back, one by one, each with its diff or what it may cost."""
    accepted = set()
    for step in plan.held_back:
        if step.safety is not Safety.SAFE:  # what is safe is held back with what it needs
            console.lines((*step_lines("?", step, whole=True), BLANK))
            if console.confirm("Include this step?"):
                accepted.add(step.what)
    return frozenset(accepted)
