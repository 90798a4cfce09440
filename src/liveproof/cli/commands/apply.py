"""Apply a plan that was saved with `fix --save`.

Apply a saved plan: examine the host again, make the plan again, and apply it only if it is the one that was saved. The
file only says which plan that is; nothing in it is carried out. The options that `fix --save` was given to say how the
host is examined (--config, --policy, --user, --release) are given again.

Examples:
  liveproof fix --save plan.json
  liveproof apply plan.json

Exit status:
  0 fixed and proven   1 not fixed, fixed in part, or rolled back
  2 usage or configuration error, no plan   3 unproven
  4 refused (the host has changed since, another fix runs)   70 our bug
"""

import argparse
from dataclasses import replace

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import REFUSED
from liveproof.cli.fix_run import NotPlanned, planned
from liveproof.cli.options import (
    Options,
    add_examination_arguments,
    add_report_arguments,
    add_verbose_argument,
    apply_command,
)
from liveproof.model.plan import OutcomeKind, Plan
from liveproof.model.secrets import hide
from liveproof.report.formats.text import brief_lines
from liveproof.report.plan import plan_lines
from liveproof.report.style.lines import BLANK
from liveproof.store.plan_file import BadPlan, SavedPlan, differences, load

HELP_ORDER = 3
CHANGES_HOST = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``apply``."""
    parser.add_argument("plan", metavar="PLAN", help="the file that `fix --save` wrote")
    add_report_arguments(parser)
    add_verbose_argument(parser)
    add_examination_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, make the plan again, compare, apply, prove; report what came of it.

    Raises:
        UsageError: the file holds no plan for this host, or others could have written it.
    """
    try:
        plan_file = load(arguments.plan)
        steps = plan_file.options
    except BadPlan as error:
        raise UsageError(f"{arguments.plan}: {error}; nothing was changed") from None
    except OSError as error:
        raise UsageError(f"cannot read {arguments.plan}: {error.strerror or error}; nothing was changed") from None
    options = _options(arguments, plan_file)
    try:
        fixing, plans = planned(options, steps, console, applies=True)
    except NotPlanned as error:
        console.message(str(error))
        return REFUSED
    refusal = _refusal(plan_file, plans)
    if refusal:
        console.message(hide(refusal))
        return REFUSED
    if fixing.shows_text:
        shown = (line for plan in plans for line in (BLANK, *plan_lines(plan)))
        console.lines((*brief_lines(fixing.before), *shown, BLANK))
    for plan in plans:
        if fixing.apply(plan, steps).kind is OutcomeKind.FAILED:
            break
    return fixing.report()


def _options(arguments: argparse.Namespace, plan_file: SavedPlan) -> Options:
    """What is examined, as the file says, and how, as the command line says.

    Raises:
        UsageError: the command line does not say how, or the file names a directory that it holds no plan for.
    """
    options, made_with = Options.from_arguments(arguments), dict(plan_file.made_with)
    path = made_with.pop("path", "")
    if path and [app.app for app in plan_file.plans] != [path]:
        raise UsageError(f"{arguments.plan}: its plan is for another app than it names; nothing was changed")
    if options.unsaved != made_with:
        command = apply_command(arguments.plan, made_with)
        raise UsageError(
            f"{arguments.plan}: how the host is examined is not taken from a file; to examine it as this plan says it "
            f"was made, run `{command[:500]}`; nothing was changed"
        )
    return replace(options, path=path)


def _refusal(plan_file: SavedPlan, plans: tuple[Plan, ...]) -> str:
    """Why the plans of now are not those that were saved; empty when they are."""
    now = {plan.app: plan for plan in plans}
    changes = [f"{app.app} is no longer there" for app in plan_file.plans if app.app not in now]
    saved = {app.app for app in plan_file.plans}
    changes += [f"{path} has come" for path in now if path not in saved]
    for app in plan_file.plans:
        changes += differences(app, now[app.app]) if app.app in now else ()
    if not changes:
        return ""
    told = "; ".join(change[:300] for change in changes[:5])
    return (
        f"the plan is not what would be planned now ({told}). Nothing was changed; make a new one with "
        "`liveproof fix --save`"
    )
