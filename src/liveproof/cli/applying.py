"""What the commands that apply plans share: what they may do, what a person is asked, and the rounds that follow."""

import argparse
from dataclasses import replace

from liveproof.analysis.shell_words import quoted
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.fix_run import FixRun
from liveproof.cli.options import Options
from liveproof.model.dataclass import dataclass
from liveproof.model.plan import SAFE_ONLY, OutcomeKind, Plan, PlanOptions
from liveproof.model.verdicts import Safety
from liveproof.report.plan import plan_lines, step_lines
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import BLANK, line

_ALLOW = {"config": {Safety.CONFIG}, "drops": {Safety.DROPS}, "disruptive": {Safety.CONFIG, Safety.DROPS}}
# What a fix brings to light is planned again: a configuration cache that artisan could not build before, for one.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """Which steps are planned, whether a person is asked about them (not with ``yes``), and with whole diffs."""

    steps: PlanOptions
    yes: bool
    diff: bool


def add_allow_argument(parser: argparse.ArgumentParser) -> None:
    """``--allow``."""
    parser.add_argument(
        "--allow",
        choices=_ALLOW,
        action="append",
        default=[],
        help="also apply what edits the configuration of a service (config), what may delay or drop requests (drops), "
        "or both (disruptive)",
    )


def allowed(arguments: argparse.Namespace) -> frozenset[Safety]:
    """The safety of steps that the command line lets through without a question about each."""
    return SAFE_ONLY.union(*(_ALLOW[word] for word in arguments.allow))


def refuse_to_ask(options: Options, console: Console) -> None:
    """Refuse to go on where nobody can be asked.

    Raises:
        UsageError: standard output is no text, or standard input no terminal.
    """
    if options.format != "text" or options.output:
        raise UsageError("only text on a terminal can ask: add --yes to apply, or --dry-run to see the plan")
    if not console.interactive:
        raise UsageError("stdin is not a terminal; use --yes to apply, or --dry-run to see the plan")


def apply_asked(plan: Plan, fixing: FixRun, asked: Asked, console: Console) -> OutcomeKind:
    """Apply an app's plan, then what that brings to light, up to three rounds."""
    options = asked.steps
    if not asked.yes:
        options = replace(options, accepted=_accepted(plan, console))
        if options.accepted:
            plan = fixing.planned_now(plan.app, options) or plan
            console.lines((*plan_lines(plan, whole=asked.diff), BLANK))
    question = "" if asked.yes else f"Apply the plan for {visible(plan.app)}?"
    outcome = fixing.apply(plan, options, question)
    if outcome.would_drop:
        return _all_the_same(plan, options, fixing, asked, console) or outcome.kind
    kind = outcome.kind
    tried = {plan.digest}
    for number in range(2, _ROUNDS + 1):
        further = fixing.planned_now(plan.app, options)
        if not kind.stands or further is None or not further.steps or further.digest in tried:
            break
        tried.add(further.digest)
        if fixing.shows_text:
            head = line((f"Round {number}", "head"), "  what the fix has brought to light")
            console.lines((BLANK, head, BLANK, *plan_lines(further, whole=asked.diff), BLANK))
        kind = fixing.apply(further, options, question).kind
    return kind


def _all_the_same(
    plan: Plan, options: PlanOptions, fixing: FixRun, asked: Asked, console: Console
) -> OutcomeKind | None:
    """PHP-FPM was too busy: reload it where requests may be dropped, by option or answer; else say how, and None."""
    question = "Reload PHP-FPM all the same, which may cut off requests?"
    if Safety.DROPS in options.allow or (not asked.yes and console.confirm(question)):
        options = replace(options, allow=options.allow | {Safety.DROPS}, reload=True)
        further = fixing.planned_now(plan.app, options)
        if further and further.steps:
            if fixing.shows_text:
                head = line(("Round 2", "head"), "  with a reload that may cut off requests")
                console.lines((BLANK, head, BLANK, *plan_lines(further, whole=asked.diff), BLANK))
            return fixing.apply(further, options).kind
    if fixing.shows_text:
        command = f"{fixing.command} --allow drops {quoted(plan.app)}"
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
