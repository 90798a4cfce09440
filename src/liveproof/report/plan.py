"""A plan in words: each step with what it does, why, what it may cost and how it is rolled back."""

from collections.abc import Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.plan import OutcomeKind, Plan, Step, allow_option
from liveproof.model.run_record import Repair
from liveproof.model.verdicts import Safety
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import BLANK, Line, field, line


def what(step: Step) -> str:
    """What a step does, in one printable sentence without a full stop."""
    return shown(step.what)


def details(step: Step, *, whole: bool = False) -> tuple[str, ...]:
    """What a step touches, a few lines of it or the ``whole``."""
    result, most = step.act.details(), step.act.details_shown
    if whole:
        return tuple(map(shown, result))
    more = (f"and {len(result) - most} more",) if len(result) > most else ()
    return (*map(shown, result[:most]), *more)


def plan_lines(plan: Plan, *, whole: bool = False, offered: bool = False) -> Iterator[Line]:
    """The plan: steps, what is held back, what is left to a person; with the ``whole`` of what each step touches.

    What is held back is left out where it is ``offered`` afterwards.
    """
    aims = (("for", plan.fixes), ("to settle", plan.settles))
    aim = ", ".join(f"{word} {', '.join(codes)}" for word, codes in aims if codes)
    count = "no step" if not plan.steps else "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"
    yield line(("Plan", "head"), f"  {visible(plan.app)}  {count}" + (f", {aim}" if aim else ""))
    for number, step in enumerate(plan.steps, 1):
        yield BLANK
        yield from step_lines(f"{number}.", step, whole=whole)
    if plan.held_back and not offered:
        yield BLANK
        yield line((f"Skipped: add `{allow_option(plan.held_back)}` to include", "unsure"))
        for step in plan.held_back:
            yield BLANK
            yield from step_lines("-", step, whole=whole, held=True)
    if plan.notices:
        yield BLANK
        yield line(("Not asked for: these fix what breaks nothing; add `--notices` to include them", "unsure"))
        for step in plan.notices:
            yield field("-", shown(step.what) + (f"  ({', '.join(step.fixes)})" if step.fixes else ""))
    if plan.manual:
        yield BLANK
        yield line(("Manual", "head"))
        for code, advice in plan.manual:
            yield field(code, shown(advice) or f"see `liveproof explain {code}`")
    if plan.follows:
        yield BLANK
        yield line(("Resolved with its cause", "head"))
        for code, cause in plan.follows:
            yield field(code, f"follows from {cause}")


def step_lines(mark: str, step: Step, *, whole: bool = False, held: bool = False) -> Iterator[Line]:
    """A step: what it does, what it touches, why, what it costs, how it is undone; ``held``: it is held back."""
    yield line(f"{mark:<3}", (what(step), "head"), f"  ({', '.join(step.fixes)})" if step.fixes else "", hang=3)
    for entry in details(step, whole=whole):
        yield line(entry, indent=13)
    yield field("why", shown(step.why))
    style = "good" if step.safety is Safety.SAFE else "unsure"
    more = f": {shown(step.cost)}" if step.cost else ""
    if held and step.safety is Safety.SAFE:
        more = "; skipped with a step that is not"
    yield field("safety", (SAFETY[step.safety], style), more)
    yield field("undo", shown(step.undo) or "cannot be undone")


SAFETY = {
    Safety.SAFE: "safe: no request is lost",
    Safety.CONFIG: "edits the configuration of a service",
    Safety.DROPS: "may delay or drop requests",
    Safety.MANUAL: "by hand",
}


def outcome_lines(repair: Repair, command: str = "liveproof fix") -> Iterator[Line]:
    """What came of a plan that ``command`` made, in a line or two."""
    outcome = repair.outcome
    if outcome is None:
        yield line("Nothing was changed: the plan was only shown.")
        return
    plan = repair.plan
    left = plan.needing_a_person if outcome.kind is OutcomeKind.NOTHING_TO_DO else ()
    fine = outcome.kind in (OutcomeKind.FIXED, OutcomeKind.SETTLED, OutcomeKind.NOTHING_TO_DO)
    remains = outcome.kind is OutcomeKind.PARTLY or (outcome.kind is OutcomeKind.SETTLED and outcome.reason)
    style = "unsure" if left or remains else "good" if fine else "bad"
    head, reason = outcome.kind.value.upper(), shown(outcome.reason)
    if left:
        head = f"NOT FIXED: {len(left)} {'needs' if len(left) == 1 else 'need'} you"
        reason = ", ".join(left)
    yield line((head, style), f"  {visible(plan.app)}  {reason}", hang=3)
    if left and plan.held_back:
        again = f"{command} {allow_option(plan.held_back)} {quoted(plan.app)}"
        yield line("with what was skipped: ", (again, "command"), indent=3)
    if outcome.kind.stands and outcome.run:
        yield line("to undo: ", (f"liveproof rollback {outcome.run}", "command"), indent=3)
