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
from dataclasses import dataclass

from liveproof.cli.applying import Asked, add_allow_argument, allowed, apply_asked, refuse_to_ask
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import REFUSED
from liveproof.cli.fix_run import NotPlanned, planned
from liveproof.cli.options import (
    Options,
    add_app_arguments,
    add_ignore_argument,
    add_report_arguments,
    add_select_argument,
    add_verbose_argument,
    add_yes_argument,
    apply_command,
)
from liveproof.cli.output import refuse_unwritable, write_file
from liveproof.cli.selection import rule_names
from liveproof.model.plan import OutcomeKind, Plan, PlanOptions
from liveproof.model.run_record import Repair
from liveproof.model.secrets import hide
from liveproof.report import script
from liveproof.report.formats.text import brief_lines
from liveproof.report.plan import plan_lines
from liveproof.report.style.lines import BLANK, Line, line
from liveproof.rules import codes
from liveproof.store.plan_file import BadPlan, dump, saved

HELP_ORDER = 2
CHANGES_HOST = True


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
                allowed(arguments),
                notices=arguments.notices,
                select=_selected(arguments),
            ),
        )

    @property
    def asked(self) -> Asked:
        """How its steps are asked for."""
        return Asked(self.steps, yes=self.yes, diff=self.diff)

    @property
    def applies(self) -> bool:
        """Whether the host is changed."""
        return not (self.dry_run or self.script or self.save)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``fix``."""
    add_report_arguments(parser)
    add_verbose_argument(parser)
    add_app_arguments(parser)
    add_yes_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    parser.add_argument("--diff", action="store_true", help="show every edit of a configuration file as a whole diff")
    parser.add_argument(
        "--save", metavar="PLAN", default="", help="write the plan to a file for `liveproof apply` and change nothing"
    )
    add_allow_argument(parser)
    parser.add_argument("--notices", action="store_true", help="also fix what breaks nothing")
    add_select_argument(parser, "fix only what these find")
    add_ignore_argument(parser, "fix all but what these find")
    parser.add_argument(
        "--script", action="store_true", help="with --save: print the plan as comments, and the line that applies it"
    )


def _selected(arguments: argparse.Namespace) -> frozenset[str]:
    """The codes and families that steps are planned for; empty: all.

    Raises:
        UsageError: there is no such rule or family, or nothing is left.
    """
    select = frozenset(rule_names("--select", arguments.select))
    ignore = frozenset(rule_names("--ignore", arguments.ignore))
    if not ignore:
        return select
    options = PlanOptions(select=select)
    left = {code for code in codes() if options.covers(code) and not {code, code[:3]} & ignore}
    if not left:
        raise UsageError("--ignore: no rule is left to fix anything of")
    return frozenset(left)


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
        _save(plans, request)
    if request.script:
        applies = apply_command(os.path.abspath(request.save), request.options.unsaved)
        console.text("\n".join(map(hide, script.script(plans, applies).split("\n"))))
        return 0
    if fixing.shows_text:
        console.lines((*brief_lines(fixing.before), *_shown(plans, request), BLANK))
    for plan in plans:
        if not request.applies:
            fixing.repairs.append(Repair(plan))
        elif apply_asked(plan, fixing, request.asked, console) is OutcomeKind.FAILED:
            break
    status = fixing.report(kept=request.applies)
    if request.save and fixing.shows_text:
        console.lines(
            [line("apply it with ", (apply_command(request.save, request.options.unsaved), "command"), indent=3)]
        )
    return status


def _save(plans: Iterable[Plan], request: _Request) -> None:
    try:
        text = dump(saved(plans, request.steps, request.options.made_with))
    except BadPlan as error:
        raise UsageError(f"nothing was saved: {error}") from None
    write_file(request.save, text)


def _refuse(request: _Request, console: Console) -> None:
    if request.script and not request.save:
        raise UsageError("a script applies a saved plan: add --save PLAN.json, the file to save it in")
    refuse_unwritable(request.save)
    if not request.yes and request.applies:
        refuse_to_ask(request.options, console)


def _shown(plans: Iterable[Plan], request: _Request) -> Iterator[Line]:
    for plan in plans:
        if plan.steps or plan.held_back or plan.manual:
            yield BLANK
            yield from plan_lines(plan, whole=request.diff, offered=request.applies and not request.yes)
