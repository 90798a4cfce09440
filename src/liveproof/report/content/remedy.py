"""What fixes a fault: a command of liveproof, as the plan for this very host says, or a person."""

from collections.abc import Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.plan import Plan, Step, allow_option
from liveproof.model.run_record import Record
from liveproof.model.verdicts import Safety
from liveproof.report.content.rule_pages import Pages


@dataclass(frozen=True, slots=True)
class Remedy:
    """The command that fixes a fault, empty where a person must; ``effect`` says what it does and what it costs."""

    command: str = ""
    effect: str = ""


BY_HAND = Remedy()
SAFE = Remedy("liveproof fix", "fixes it without losing a request")
NOT_PLANNED = Remedy("liveproof fix --dry-run", "shows what can be done about it here")

_COSTS = {
    "": "fixes it without losing a request",
    "--allow config": "fixes it; edits the configuration of a service",
    "--allow drops": "fixes it; may delay or drop requests",
    "--allow disruptive": "fixes it; edits the configuration of a service, and may delay or drop requests",
}

Remedies = Mapping[str, Remedy]


def remedies(record: Record, pages: Pages, path: str) -> Remedies:
    """What fixes each code in the app at ``path``: as its plan says; without a plan nothing is promised."""
    plan = next((repair.plan for repair in record.repairs if repair.plan.app == path), None)
    return {**unplanned(pages), **_planned(plan)} if plan else unplanned(pages)


def unplanned(pages: Pages) -> Remedies:
    """What may fix each code on some host."""
    return {code: BY_HAND if page.safety is Safety.MANUAL else NOT_PLANNED for code, page in pages.items()}


def _planned(plan: Plan) -> dict[str, Remedy]:
    result = {code: BY_HAND for code, _ in plan.manual}
    result |= {code: _fix(steps, "--notices") for code, steps in _by_code(plan.notices).items()}
    result |= dict.fromkeys(plan.fixes, SAFE)
    result |= {code: _fix(steps) for code, steps in _by_code((*plan.steps, *plan.held_back)).items()}
    for code, cause in plan.follows:
        result[code] = result.get(cause, BY_HAND)
    return result


def _by_code(steps: Iterable[Step]) -> dict[str, list[Step]]:
    result: dict[str, list[Step]] = {}
    for step in steps:
        for code in step.fixes:
            result.setdefault(code, []).append(step)
    return result


def _fix(steps: Iterable[Step], *words: str) -> Remedy:
    allow = allow_option(steps)
    effect = _COSTS[allow] if allow or not words else "fixes it, although it breaks nothing"
    return Remedy(" ".join(word for word in ("liveproof fix", *words, allow) if word), effect)
